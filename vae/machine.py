"""How much of the computer trainings may take."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # "<quota> <period>" in microseconds, or "max <period>"


def cores(quota: Path = _QUOTA) -> int:
    """The processor cores that this process may use, 1 at least: a container's quota counts, too.

    Args:
        quota: the file in which Linux (cgroup v2) tells the processor time that a container gets.
    """
    found = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    with suppress(OSError, ValueError):  # there is no such file, or no limit
        share, period = quota.read_text().split()
        found = min(found, int(share) // int(period))
    return max(1, found)


def slots_for(processors: int) -> int:
    """Trainings at once: the environment's `VAE_SLOTS`, or else one for every two cores.

    Raises:
        ValueError: `VAE_SLOTS` is no whole number above 0.
    """
    named = os.environ.get("VAE_SLOTS")
    if not named:
        return max(1, processors // 2)
    if not named.isdecimal() or int(named) < 1:
        raise ValueError(f"VAE_SLOTS must be a whole number of at least 1, not {named!r}.")
    return int(named)
