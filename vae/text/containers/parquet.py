"""Parquet tables: their rows as JSON lines, so that lists and records in cells stay what they are."""

from __future__ import annotations

import io
import json
from typing import Any

from vae.messages.message import Message
from vae.text.containers.packed import Kind, Listing, Packed, Unpacked, renamed, too_large, without_text

WHAT = Message("text.parquet_table")
_MAGIC = b"PAR1"
_AT_ONCE = 100  # rows


def recognizes(data: bytes, listing: Listing) -> bool:
    return len(data) > 2 * len(_MAGIC) and data.startswith(_MAGIC) and data.endswith(_MAGIC)


def read(packed: Packed) -> Unpacked:
    from pyarrow.parquet import ParquetFile

    file = ParquetFile(io.BytesIO(packed.data))
    columns = [
        name for name, kind in zip(file.schema_arrow.names, file.schema_arrow.types, strict=True) if _texts(kind)
    ]
    if not columns:
        raise without_text(WHAT)
    lines, left = list[bytes](), packed.max_bytes
    for batch in file.iter_batches(_AT_ONCE, columns=columns, use_threads=False):
        for row in batch.to_pylist():
            lines.append(json.dumps(row, ensure_ascii=False, default=str).encode("utf-8", "replace") + b"\n")
            left -= len(lines[-1])
            if left < 0:
                raise too_large(packed.max_bytes)
    note = Message("text.unpacked_columns", what=WHAT, count=len(columns))
    return Unpacked(b"".join(lines), renamed(packed.name, "jsonl"), note)


def _texts(kind: Any) -> bool:
    """Whether a column's type is text, or has text in its lists or records; pictures and sounds are neither."""
    from pyarrow import types

    if types.is_dictionary(kind):
        return _texts(kind.value_type)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return True
    return any(_texts(kind.field(i).type) for i in range(kind.num_fields))


KIND = Kind(WHAT, recognizes, read)
