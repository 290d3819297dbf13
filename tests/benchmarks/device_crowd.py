"""What a crowd of visitors costs the server, with the model on their own devices and without.

    python tests/benchmarks/device_crowd.py [--visitors 300] [--seconds 60]

Twice, each time with a server of its own: everybody opens the page and sees a first path. Then, for so many seconds,
everybody does something every 3 ± 1 s: draws 8 sentences, or takes two new sentences and the path between them. In the
case "server" the server does all of that. In the case "device" everybody has fetched the page's further script, the
engine and the model before, and none of it reaches the server. A few others, whose devices do nothing in either case,
go on asking the server. It prints JSON: the server's processor time (cores in use) and memory, and what the crowd and
the others waited for their answers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[n]) for n in (1, 2)]

from reliability.load import busy, quantile, resident
from support.player import Player, Tally
from support.server import running_server
from support.visitor import Plan, RefusalError, Visit, Wire

OTHERS = 5  # visitors without the model
AT_ONCE = 10  # who open the page at the same moment


async def fetch_model(url: str, plan: Plan, visit: Visit) -> int:
    """What the page gets for the device, once; gives its bytes."""
    listing = plan.named["model-list"]
    event = next(d for d in plan.dependencies if listing in d["outputs"] and d["backend_fn"])
    answer = await visit.ask(event, plan.filled(event, visit.token))
    offer = next(value["device"] for value in answer if isinstance(value, dict) and value.get("device"))
    wire, total = Wire(url), 0
    for name in ("page", "worker", "kernel", "model"):
        path, headers = f"/device/{offer[name]}", {"x-visitor": visit.token, "accept-encoding": "gzip"}
        status, body = await wire.ask("GET", path, headers=headers)
        if status != 200:
            raise RefusalError(f"{path}: {status}")
        total += len(body)
    wire.close()
    return total


async def measure(url: str, pid: int, visitors: int, seconds: float, on_device: bool) -> dict[str, Any]:
    """The figures of one minute."""
    wire = Wire(url)
    plan = await Plan.read(wire)
    wire.close()
    told = {"crowd": Tally(), "others": Tally()}
    crowd = [Player(url, plan, number, told["crowd"]) for number in range(visitors)]
    others = [Player(url, plan, visitors + number, told["others"]) for number in range(OTHERS)]
    begun, arriving = time.monotonic(), asyncio.Semaphore(AT_ONCE)

    async def arrive(player: Player) -> int:
        async with arriving:
            await player.visit.open()
            await player.slide()
            return await fetch_model(url, plan, player.visit) if on_device and player not in others else 0

    fetched = max(await asyncio.gather(*(arrive(player) for player in (*crowd, *others))))
    came = time.monotonic() - begun
    begun, server = time.monotonic(), busy(pid)
    playing = [asyncio.create_task(player.act()) for player in (others if on_device else (*crowd, *others))]
    done, _ = await asyncio.wait(playing, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        task.result()
    took, server = time.monotonic() - begun, busy(pid) - server
    for task in playing:
        task.cancel()
    await asyncio.wait(playing)
    memory = resident(pid)
    for player in (*crowd, *others):
        await player.visit.close()
    waited = {name: sorted(1000 * s for kind in tally.seconds.values() for s in kind) for name, tally in told.items()}
    return {
        "came_in_s": round(came, 1), "bytes_each": fetched, "server_cores": round(server / took, 3),
        "memory_mb": round(memory),
        **{
            name: {
                "answers": len(times), "errors": len(told[name].errors),
                **({"p50_ms": quantile(times, 0.5), "p95_ms": quantile(times, 0.95)} if times else {}),
            }
            for name, times in waited.items()
        },
    }  # fmt: skip


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    found = {}
    for kind in ("server", "device"):
        with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as (url, process):
            found[kind] = asyncio.run(
                measure(url, process.pid, arguments.visitors, arguments.seconds, kind == "device")
            )
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
