"""How far a run is, in words and as the share of a bar."""

from __future__ import annotations

from typing import Any

from vae.messages.durations import duration
from vae.serving.jobs.job import Status
from vae.serving.visitors.run_history import RunHistory

_BUSY = 0.6  # of a core: less says that others want it, too


def progress(status: Status | None, history: RunHistory) -> dict[str, Any] | None:
    """The bar and its words: what is going on; step, time left, speed."""
    if status is None:
        return None
    state, now = status.state, history.progress
    words = [f"{status.message} It starts by itself."] if state == "waiting" else []
    if state in ("starting", "pausing", "stopping"):
        words.append("Preparing the text and the model." if state == "starting" else str(status.message))
    if now is None:
        return {"share": None if state in ("starting", "running") else 0.0, "text": "".join(words)}
    if not words:
        words = [f"Step {now.step:,} of {now.steps:,}"]
    if state == "running":
        words += [f"{duration(now.seconds_left)} left", f"{now.tokens_per_second:,.0f} tokens a second"]
        words += ["slowed down by other programs"] * (now.cores < _BUSY)
    elif state == "paused":
        words.append(f"{duration(now.seconds_left)} left once it goes on")
    share = 1.0 if state == "done" else min(1.0, now.step / max(1, now.steps))
    return {"share": round(share, 4), "text": " · ".join(words)}
