"""Tables written as JSON column by column, or without their names in each row, as data frames are saved."""

from __future__ import annotations

from typing import Any


def as_records(value: Any) -> Any:
    """A data frame of any orientation as an array of objects; any other value as it is.

    Source: pandas.DataFrame.to_json (columns, index, split, records, values, table), and to_dict (list).
    """
    if isinstance(value, dict):
        return _from_object(value)
    return list(map(as_record, value)) if isinstance(value, list) and is_matrix(value) else value


def as_record(row: Any) -> Any:
    """A row without names as an object; what is no row, as it is."""
    return {f"column {i}": cell for i, cell in enumerate(row, 1)} if isinstance(row, list) else row


def _from_object(value: dict[str, Any]) -> Any:
    columns, data = value.get("columns"), value.get("data")
    if isinstance(data, list) and isinstance(columns, list) and all(isinstance(name, str) for name in columns):
        rows = [row for row in data if isinstance(row, list)]
        return [dict(zip(columns, row, strict=False)) for row in rows] if rows else value
    if isinstance(data, list) and isinstance(value.get("schema"), dict):
        return data
    parts = list(value.values())
    if parts and all(isinstance(part, dict) and len(part) >= 2 and _flat(part.values()) for part in parts):
        keys = parts[0].keys()
        of_rows = all(key.isdigit() for key in keys) or (
            len(keys) > len(parts) and all(p.keys() == keys for p in parts)
        )
        if of_rows:  # an object for each column
            return [{name: part.get(key) for name, part in value.items()} for key in keys]
    arrays = {name: part for name, part in value.items() if isinstance(part, list) and _flat(part)}
    length = max(map(len, arrays.values()), default=0)
    if len(arrays) >= 2 and length >= 2 and not any(isinstance(part, dict) for part in parts):
        if any(isinstance(part, list) and part and name not in arrays for name, part in value.items()):
            return value
        return [{name: part[i] for name, part in arrays.items() if i < len(part)} for i in range(length)]
    return value


def _flat(values: Any) -> bool:
    return not any(isinstance(value, (list, dict)) for value in values)


def is_matrix(value: list[Any]) -> bool:
    """Whether an array holds rows of equally many cells, two at least."""
    rows = [row for row in value if isinstance(row, list)]
    return len(rows) == len(value) >= 2 and {len(row) for row in rows} == {len(rows[0])} and len(rows[0]) >= 2 and all(
        map(_flat, rows)
    )  # fmt: skip
