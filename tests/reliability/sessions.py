"""Many visits, one after another: whether the server's memory and its temporary files go back to where they were.

    python tests/reliability/sessions.py [--sessions 1000] [--json]

Each opens the page, uploads a text and reads it, draws sentences and takes a path; every fifth leaves in the middle of
something, every tenth in the middle of the upload. Memory counts from when a tenth of them (30 at least) have been
there. At the end the uploaded files are made seven hours older and the server is started again, which sweeps then, as
it does every hour.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[n]) for n in (0, 1, 2)]

from load import resident
from support.server import running_server
from support.visitor import Plan, RefusalError, Visit, Wire

AT_ONCE = 4
HOURS = 7 * 3600  # after which what was uploaded is swept


def text(number: int) -> bytes:
    """A text that no other visitor has, of some 15 kB."""
    chance = random.Random(number)
    words = ("cat", "dog", "sister", "teacher", "river", "letter", "garden", "train", "song", "window")
    lines = (f"The {' and the '.join(chance.choices(words, k=4))} number {number}." for _ in range(300))
    return "\n".join(lines).encode()


async def visit(url: str, plan: Plan, number: int) -> None:
    """One session, from its beginning to its end, or to where it is left."""
    visitor = Visit(url, plan)
    try:
        await visitor.open()
        if number % 10 == 9:
            await visitor.upload("mine.txt", text(number), 0.5)
            return
        file = await visitor.upload("mine.txt", text(number))
        answer = await visitor.call("read_corpus", file)
        assert answer["read"] == 300
        asked = asyncio.create_task(visitor.press("sample-go"))
        if number % 5 == 4:
            await asyncio.sleep(0)  # it is on its way
            asked.cancel()
            return
        await asked
        event = plan.event("show-path", "click")
        ends = "The cat is here.", f"The dog is number {number}."
        await visitor.ask(event, plan.filled(event, visitor.token, *ends))
    finally:
        await visitor.close()


async def visits(url: str, pid: int, numbers: range) -> tuple[int, float]:
    """So many sessions: (errors, megabytes in memory when all are gone)."""
    wire = Wire(url)
    plan = await Plan.read(wire)
    wire.close()
    places, errors = asyncio.Semaphore(AT_ONCE), 0

    async def one(number: int) -> None:
        nonlocal errors
        async with places:
            try:
                await visit(url, plan, number)
            except (RefusalError, OSError, asyncio.IncompleteReadError) as error:
                errors += 1
                print(f"session {number}: {error}", file=sys.stderr)

    await asyncio.gather(*map(one, numbers))
    least = resident(pid)
    for _ in range(5):  # until what was left is noticed
        await asyncio.sleep(1)
        least = min(least, resident(pid))
    return errors, least


def temporaries(folder: Path) -> int:
    """Files that nobody will ask for again."""
    uploads = [path for path in (folder / "data" / "uploads").rglob("*") if path.is_file()]
    torn = list((folder / "data").rglob("*.tmp"))
    return len(uploads) + len(torn) + sum(path.is_file() for path in (folder / "tmp").rglob("*"))


def measure(folder: Path, sessions: int) -> dict[str, Any]:
    """The figures of the module's description."""
    (folder / "tmp").mkdir()
    environment = {"TMPDIR": str(folder / "tmp")}
    first = min(sessions, max(30, sessions // 10))
    with running_server(folder, environment) as (url, process):
        begun = temporaries(folder)
        errors, before = asyncio.run(visits(url, process.pid, range(first)))
        rest = range(first, sessions)
        more, after = asyncio.run(visits(url, process.pid, rest)) if rest else (0, before)
        kept = temporaries(folder)
    for path in (folder / "data" / "uploads").rglob("*"):
        os.utime(path, times=(time.time() - HOURS,) * 2)
    with running_server(folder, environment):
        swept = temporaries(folder)
    return {
        "sessions": sessions, "errors": errors + more, "rss_warm_mb": round(before, 1), "rss_after_mb": round(after, 1),
        "grown_mb": round(after - before, 1), "files_before": begun, "files_kept": kept, "files_after": swept,
    }  # fmt: skip


def main() -> None:
    """Run it, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), arguments.sessions)
    if arguments.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:13} {value}")


if __name__ == "__main__":
    main()
