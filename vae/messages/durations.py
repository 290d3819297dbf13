"""Times in the words one would say."""

from __future__ import annotations

import math

from vae.messages.message import Message


def duration(seconds: float) -> str:
    """An estimate or a measured time, rounded so that it does not change at every look: "40 seconds", "3 minutes",
    "2.0 hours", "an unknown time"."""
    if not math.isfinite(seconds):
        return "an unknown time"
    if seconds < 9.5:
        return f"{max(1, round(seconds))} second{'' if seconds < 1.5 else 's'}"
    if seconds < 57.5:
        return f"{5 * round(seconds / 5)} seconds"
    if seconds < 5400:
        minutes = max(1, round(seconds / 60))
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{seconds / 3600:.1f} hours"


def round_duration(seconds: float) -> Message:
    """A time that is round already, such as a limit, in its largest unit: "42 seconds", "60 minutes" as "1 hour"."""
    if seconds >= 3600:
        return Message("messages.hours", count=round(seconds / 3600, 1))
    if seconds >= 60:
        return Message("messages.minutes", count=round(seconds / 60))
    return Message("messages.seconds", count=round(seconds))
