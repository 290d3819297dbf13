"""The rooms of the house as a table: files, lines, and which other rooms each imports.

    python tests/rooms.py

prints the one of docs/architecture.md anew; the test beside it says when that is due.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from test_house import FLOORS, ROOT, files, module_of, own, room_of

HEAD = "| room | files | lines | imports |\n| --- | ---: | ---: | --- |"
Row = tuple[str, str, str, str]


def table(root: Path = ROOT) -> Iterator[Row]:
    """Of each room, from the roof down: its name, its files, their lines, the rooms that they import."""
    rooms: dict[str, list[Path]] = {}
    for path in files(root):
        if path.name != "__init__.py":
            rooms.setdefault(room_of(module_of(path, root)), []).append(path)
    order = [room for floor in FLOORS for room in floor.split()]
    for room in reversed(order):
        lines = sum(len(path.read_text("utf-8").splitlines()) for path in rooms[room])
        others = {room_of(name) for path in rooms[room] for name in own(path, root)} - {room}
        imports = ", ".join(sorted(others, key=order.index, reverse=True))
        yield room, str(len(rooms[room])), str(lines), imports or "nothing"


def rows_of(document: str) -> Iterator[Row]:
    """The rows of the table that a document holds."""
    for line in document.split(HEAD, 1)[1].strip().splitlines():
        if not line.startswith("|"):
            return
        room, number, lines, imports = (cell.strip() for cell in line.strip("|").split("|"))
        yield room, number, lines, imports


if __name__ == "__main__":
    print(HEAD)
    for row in table():
        print("|", " | ".join(row), "|")
