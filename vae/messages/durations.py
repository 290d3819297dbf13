"""Times in the words one would say."""

from __future__ import annotations

import math


def duration(seconds: float) -> str:
    """A time in the words one would say: "40 seconds", "3 minutes", "2.5 hours"."""
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
