"""/health: whether the server does well, in numbers that are nobody's secret."""

from __future__ import annotations

import json
import os
import shutil
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vae import __version__
from vae.system import log, resources
from vae.web.latency import LatencyMeter

MAX_AGE = 1.0  # seconds for which an answer is given again
MEGABYTE = 2**20
Counts = Callable[[], Mapping[str, object]]
_pages: weakref.WeakKeyDictionary[Any, tuple[Path, tuple[Counts, ...]]] = weakref.WeakKeyDictionary()


def watch(demo: Any, data: Path, *counts: Counts) -> None:
    """What /health tells of a page besides its own: each of `counts` gives numbers and short words by name.

    Args:
        data: the folder of which the free space is told.
    """
    _pages[demo] = (data, counts)


def folder(demo: Any) -> Path | None:
    """The data folder of a page, if it has one."""
    return _pages[demo][0] if demo in _pages else None


class Health:
    """ASGI: answers GET and HEAD of /health by itself, once a second anew, and HEAD of the page without making it.

    The latter is how Gradio asks at the start whether the server can be reached, and it waits three seconds only.
    """

    def __init__(self, app: ASGIApp, demo: Any, meter: LatencyMeter) -> None:
        self.app = app
        self._demo = weakref.ref(demo)
        self._meter = meter
        self._started_at = time.monotonic()
        self._report = b""
        self._reported_at = -MAX_AGE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/" and scope["method"] == "HEAD":
            await Response(media_type="text/html", headers={"cache-control": "no-store"})(scope, receive, send)
            return
        if scope["type"] != "http" or scope["path"] != "/health":
            await self.app(scope, receive, send)
            return
        if time.monotonic() - self._reported_at >= MAX_AGE:
            self._report = json.dumps(self.report()).encode()
            self._reported_at = time.monotonic()
        answer = Response(self._report, media_type="application/json", headers={"cache-control": "no-store"})
        if scope["method"] == "HEAD":
            answer.body = b""
        await answer(scope, receive, send)

    def report(self) -> dict[str, object]:
        """The numbers."""
        data, counts = _pages.get(self._demo(), (Path(), ()))
        sizes = [resources.resident_memory(pid) or 0 for pid in (os.getpid(), *descendants(os.getpid()))]
        report: dict[str, object] = {
            "status": "ok",
            "version": __version__,
            "uptime_s": round(time.monotonic() - self._started_at),
        }
        for count in counts:
            report |= count()
        report.pop("workers", None)  # by process; here they are together, with whatever else the server has started
        return report | {
            "rss_mb": round(sizes[0] / MEGABYTE, 1),
            "workers_rss_mb": round(sum(sizes[1:]) / MEGABYTE, 1),
            "processes": len(sizes),
            "free_disk_mb": free_megabytes(data),
            "requests": self._meter.requests,
            "refused": self._meter.refused,
            "errors": log.errors(),
            **self._meter.quantiles(),
        }


def free_megabytes(folder: Path) -> int | None:
    """Megabytes that are free where a folder lies; None where that is not told."""
    try:
        return shutil.disk_usage(folder).free // MEGABYTE
    except OSError:
        return None


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and theirs (Linux; elsewhere none are told)."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text("ascii", "replace").rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue  # it has ended meanwhile
        children.setdefault(parent, []).append(int(entry.parent.name))
    found, unvisited = [], [pid]
    while unvisited:
        below = children.get(unvisited.pop(), [])
        found += below
        unvisited += below
    return found
