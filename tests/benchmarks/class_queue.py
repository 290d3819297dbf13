"""How true the waiting times are that a class is told which presses Train at once.

    python tests/benchmarks/class_queue.py [--students 30] [--steps 1500] [--text FILE]

So many students ask for the preset "quick" at the same moment; one training goes on at a time. It prints one JSON
object: of each student the seconds of waiting that were told (as soon as anybody could tell) and those that it took;
the largest share by which they differ, of those who waited over a minute; and the levels of the models.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from vae.config.presets import PRESETS
from vae.model import checkpoint
from vae.serving.jobs.service import Jobs
from vae.serving.limits import Limits
from vae.text.corpus import read_corpus


async def waited(jobs: Jobs, owner: str, run: str, begun: float) -> dict[str, object]:
    """What one student was told, and what came."""
    told, taken = None, None
    async for status, _ in jobs.watch(owner, run):
        passed = time.monotonic() - begun
        if told is None and status.wait is not None:
            told = passed + status.wait
        if taken is None and status.state == "running":
            taken = passed
    level = checkpoint.load(Path(status.model)).info.level if status.model else status.state
    return {"told": told and round(told), "waited": taken and round(taken), "level": level}


async def crowd(jobs: Jobs, arguments: argparse.Namespace) -> list[dict[str, object]]:
    text = read_corpus(arguments.text.read_bytes(), arguments.text.name)
    config = replace(PRESETS["quick"].config, steps=arguments.steps)
    begun = time.monotonic()
    runs = {f"student {n}": jobs.submit(f"student {n}", config, text) for n in range(arguments.students)}
    return await asyncio.gather(*(waited(jobs, owner, run, begun) for owner, run in runs.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--steps", type=int, default=PRESETS["quick"].config.steps)
    parser.add_argument("--text", type=Path, default=ROOT / "assets" / "corpora" / "everyday-english.tsv")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        jobs = Jobs(Path(folder), limits=Limits(slots=1))
        try:
            students = asyncio.run(crowd(jobs, arguments))
        finally:
            jobs.close()
    long = [(s["told"], s["waited"]) for s in students if s["told"] and s["waited"] and int(str(s["waited"])) > 60]
    off = max((abs(float(str(told)) / float(str(taken)) - 1) for told, taken in long), default=None)
    print(json.dumps({"students": students, "largest_difference": off and round(off, 2)}, indent=1))


if __name__ == "__main__":
    main()
