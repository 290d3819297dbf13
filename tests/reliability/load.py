"""A class at work: what each of many users waits for, and what their trainings lose by it.

    python tests/reliability/load.py [--users 30] [--minutes 5] [--json]

A server of its own, started as a person starts it, with a data folder of its own. First it is idle but for one training
after another in every slot. Then everybody comes: each has a training in the queue, follows it on an open page, starts
the next when it has ended, and every 3 ± 1 s does one of three things, in equal shares: draws 8 sentences, takes two
new sentences and the path of 11 between them, or opens the tab of their training, which is drawn anew. A request's time
is from the sending to the whole answer. These users share the computer with the server, so that their own use of it is
told as well.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[n]) for n in (0, 1, 2)]

from support.player import Player, Tally
from support.server import running_server
from support.visitor import Plan, RefusalError, Wire

TEXT = "everyday-english.tsv"  # 20,000 sentences
SETTINGS = {"minutes": 0.0, "steps": 600}  # of the preset "quick": some twenty seconds on two cores


class User(Player):
    """Somebody with a training, who plays with the page."""

    _following: asyncio.Task[None] | None = None

    async def come(self) -> None:
        """Open the page, choose a text, and train on it from now on."""
        await self.visit.open()
        await self.visit.press("corpus-ours", "input", corpus_ours=TEXT)
        await self.visit.call("train", "quick", SETTINGS)
        self._following = asyncio.create_task(self._go_on())

    async def leave(self) -> None:
        """Close the page."""
        if self._following:
            self._following.cancel()
            await asyncio.wait({self._following})
        await self.visit.close()

    def doings(self) -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
        """As everybody, and opening the tab of their training."""
        return *super().doings(), ("watch", self._watch)

    async def _watch(self) -> None:
        event = self._plan.watching(False)
        shown = await self.visit.ask(event, self._plan.filled(event, self.visit.token))
        if not shown[event["outputs"].index(self._plan.named["train-progress"])]:
            raise RefusalError("nothing is shown of the training")

    async def _go_on(self) -> None:
        """Follow the training on the page, and begin the next when it has ended."""
        event = self._plan.watching(True)
        try:
            while True:
                async for _ in self.visit.tell(event, self._plan.filled(event, self.visit.token)):
                    pass
                await self.visit.call("train", "quick", SETTINGS)
        except (RefusalError, OSError, asyncio.IncompleteReadError) as error:
            self.tally.errors.append(f"training: {error}")


class Trainings:
    """What the trainings of a server have done, read from the files that they write as they go."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._ended: dict[Path, int] = {}
        self.samples: list[tuple[float, int, int]] = []  # (time, steps in all, trainings that have ended)

    async def count(self) -> None:
        """Look every second, until cancelled."""
        while True:
            going = 0
            for path in self._data.rglob("events.jsonl"):
                if path not in self._ended:
                    steps, ended = self._read(path)
                    going += 0 if ended else steps
                    if ended:
                        self._ended[path] = steps
            self.samples.append((time.monotonic(), going + sum(self._ended.values()), len(self._ended)))
            await asyncio.sleep(1)

    def pace(self, since: float) -> float:
        """Steps a second since then: from the end of a training to that of another, where there were two."""
        samples = [sample for sample in self.samples if sample[0] >= since]
        ends = [b for a, b in pairwise(samples) if b[2] > a[2]]
        first, last = (ends[0], ends[-1]) if len(ends) > 1 else (samples[0], samples[-1])
        return (last[1] - first[1]) / (last[0] - first[0])

    @staticmethod
    def _read(path: Path) -> tuple[int, bool]:
        """Its last step, and whether it has ended."""
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 100_000))
            events = [json.loads(line) for line in file.read().split(b"\n")[1:-1]]
        last = max((event["step"] for event in events if "step" in event), default=0)
        return last, any(event["event"] == "finished" for event in events)


def resident(pid: int) -> float:
    """Megabytes in memory of a process, 0 where the system does not tell."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


def busy(pid: int) -> float:
    """Seconds of processor time that a process has used, 0 where the system does not tell."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


async def measure(url: str, pid: int, data: Path, users: int, seconds: float, least: int = 1) -> dict[str, Any]:
    """The figures of the module's description, and some more; it goes on until so many requests were answered."""
    wire = Wire(url)
    plan = await Plan.read(wire)
    wire.close()
    tally, trainings = Tally(), Trainings(data)
    counting = asyncio.create_task(trainings.count())
    class_ = [User(url, plan, number, tally) for number in range(users)]
    early = class_[: 2 * slots()]  # so that one waits whenever one ends
    await asyncio.gather(*(user.come() for user in early))
    begun = time.monotonic()
    await asyncio.sleep(max(5.0, 0.4 * seconds))
    idle, before = trainings.pace(begun), resident(pid)
    for user in class_[len(early) :]:
        await user.come()
    begun, server, own = time.monotonic(), busy(pid), time.process_time()
    acting = [asyncio.create_task(user.act()) for user in class_]
    done, _ = await asyncio.wait(acting, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    while not done and sum(map(len, tally.seconds.values())) + len(tally.errors) < least:
        done, _ = await asyncio.wait(acting, timeout=0.5, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        task.result()
    server, own = busy(pid) - server, time.process_time() - own
    pace, took = trainings.pace(begun), time.monotonic() - begun
    for task in (*acting, counting):
        task.cancel()
    await asyncio.wait({*acting, counting})
    for user in class_:
        await user.leave()
    kept = round(pace / idle, 3) if idle else math.nan
    every = sorted(1000 * s for kind in tally.seconds.values() for s in kind)
    return {
        "p50_ms": quantile(every, 0.5), "p95_ms": quantile(every, 0.95), "p99_ms": quantile(every, 0.99),
        "requests": len(every), "errors": len(tally.errors), "training_kept": kept,
        "rss_before_mb": round(before, 1), "rss_after_mb": round(resident(pid), 1), "steps_a_second_idle": idle,
        "steps_a_second_loaded": pace, "server_cpu": server / took, "clients_cpu": own / took,
        "kinds": {
            kind: [quantile(sorted(1000 * s for s in times), q) for q in (0.5, 0.95, 0.99)]
            for kind, times in sorted(tally.seconds.items())
        },
        "said": sorted(set(tally.errors)),
    }  # fmt: skip


def slots() -> int:
    """Trainings at once of a server on this computer."""
    from vae.serving.limits import Limits
    from vae.system.resources import cores

    return Limits.from_environment().slots or max(1, cores() // 2)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that is not exceeded by this share of them; NaN of none."""
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 1) if ordered else math.nan


FIGURES = (
    "p50_ms", "p95_ms", "p99_ms", "requests", "errors", "training_kept", "rss_before_mb", "rss_after_mb"
)  # fmt: skip


def main() -> None:
    """Run it, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--json", action="store_true", help="print the eight figures as one line of JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as (url, process):
        found = asyncio.run(measure(url, process.pid, Path(folder) / "data", arguments.users, 60 * arguments.minutes))
    if arguments.json:
        print(json.dumps({name: found[name] for name in FIGURES}))
        return
    for name in FIGURES:
        print(f"{name:16} {found[name]}")
    print(f"\nsteps a second    {found['steps_a_second_idle']:.1f} idle, {found['steps_a_second_loaded']:.1f} loaded")
    print(f"cores in use      {found['server_cpu']:.2f} by the server, {found['clients_cpu']:.2f} by these users")
    for kind, times in found["kinds"].items():
        print(f"{kind:17} p50 {times[0]} ms, p95 {times[1]} ms, p99 {times[2]} ms")
    for text in found["said"]:
        print(f"error             {text}", file=sys.stderr)


if __name__ == "__main__":
    main()
