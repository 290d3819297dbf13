"""How much of the computer trainings may take, and what a process takes."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

if sys.platform == "linux":
    import resource

_CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # "<quota> <period>" in microseconds, or "max <period>"
_MEMORY_LIMITS = (  # a container's limit in bytes, or "max": cgroup v2 and v1
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
_ARENA_MAX = -8  # of mallopt, in malloc.h
_TRAINING_SHARE = 3 / 4  # of the memory; the rest is for the pages and their models
_MIN_TRAINING_MEMORY = 512_000_000  # bytes with which the smallest training is possible


def cores(quota: Path = _CPU_QUOTA) -> int:
    """The processor cores that this process may use, 1 at least: a container's quota counts, too.

    Args:
        quota: the file in which Linux (cgroup v2) tells the processor time that a container gets.
    """
    available = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    with suppress(OSError, ValueError):  # there is no such file, or no limit
        share, period = quota.read_text("ascii").split()
        available = min(available, int(share) // int(period))
    return max(1, available)


def memory(limits: Sequence[Path] = _MEMORY_LIMITS) -> int | None:
    """Bytes of memory that this machine has, or this container may use; None where that is not told.

    Args:
        limits: the files in which Linux tells what a container may use.
    """
    available = []
    with suppress(OSError, ValueError, AttributeError):  # other systems
        available.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for path in limits:
        with suppress(OSError, ValueError):  # there is no such file, or no limit
            available.append(int(path.read_text("ascii")))
    return min((n for n in available if n > 0), default=None)


def share_of_memory(slots: int, total: int | None) -> int | None:
    """Bytes that each of so many trainings may take; None: as many as there are.

    Args:
        total: bytes of all processes together, if that is known.
    """
    return None if total is None else max(_MIN_TRAINING_MEMORY, int(total * _TRAINING_SHARE) // slots)


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """What a process beside the server may take.

    Args:
        niceness: how far it steps back for others, 0 to 19, where the system can.
        memory: bytes of its own that it may take, where the system can limit them (Linux); None: as many as there are.
    """

    niceness: int = 10
    memory: int | None = None

    def apply(self) -> None:
        """Hold this process to them from now on."""
        if hasattr(os, "nice"):
            os.nice(max(0, self.niceness - os.nice(0)))
        if self.memory is not None and sys.platform == "linux":
            with suppress(ValueError, OSError):  # it has less already
                hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
                resource.setrlimit(resource.RLIMIT_DATA, (self.memory, hard))


def share_heaps() -> None:
    """Let the threads of this process, which are many and compute by turns, share two heaps: each of their own keeps
    what was freed in it. Only where the C library is glibc; to be called before there are threads."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 2)


def return_freed_memory() -> None:
    """Give back to the system what was freed in between other things. Only where the C library is glibc."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def is_out_of_memory(error: Exception) -> bool:
    """Whether there was not enough memory: torch (2.8 to 2.15) says so in words only."""
    if isinstance(error, RuntimeError):
        # The last one: no memory for the stack of a thread, in the system's words.
        phrases = ("allocate memory", "out of memory", "bad_alloc", "Resource temporarily unavailable")
        return any(phrase in str(error) for phrase in phrases)
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM)


def resident_memory(pid: int) -> int | None:
    """Bytes of a process that are in memory; None where the system does not tell, or it is gone."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return None
