"""What trainings may take of a computer: cores, memory, a container's share of both."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vae.system.resources import cores, memory, resident_memory, share_of_memory

ROOT = Path(__file__).parents[2]
linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells and can")


def quota(folder: Path, text: str) -> Path:
    path = folder / "cpu.max"
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", ["100000 100000\n", "150000 100000", "20000 100000"])
def test_a_containers_quota_limits_the_cores(tmp_path: Path, text: str) -> None:
    assert cores(quota(tmp_path, text)) == 1


@pytest.mark.parametrize("text", ["max 100000\n", "1000000000 100000\n", "", "a b c"])
def test_without_a_limit_all_cores_count(tmp_path: Path, text: str) -> None:
    assert cores(quota(tmp_path, text)) == cores(tmp_path / "none") >= 1


@linux
@pytest.mark.parametrize(("text", "bytes_"), [("50000000\n", 50_000_000), ("max\n", None), ("", None)])
def test_a_containers_limit_bounds_the_memory(tmp_path: Path, text: str, bytes_: int | None) -> None:
    (tmp_path / "memory.max").write_text(text)
    assert memory([tmp_path / "none", tmp_path / "memory.max"]) == (bytes_ or memory([]))
    assert (memory([]) or 0) > 50_000_000


def test_trainings_share_most_of_the_memory() -> None:
    assert share_of_memory(2, 8_000_000_000) == 3_000_000_000
    assert share_of_memory(1, 8_000_000_000) == 6_000_000_000
    assert share_of_memory(64, 1_000_000_000) == 512_000_000  # with less not even a small one can begin
    assert share_of_memory(2, None) is None


@linux
def test_a_confined_process_is_refused_more_and_lives_on() -> None:
    code = """
from vae.system.resources import ProcessLimits
ProcessLimits(0, 200_000_000).apply()
try:
    bytearray(300_000_000)
except MemoryError:
    print(len(bytearray(50_000_000)))
ProcessLimits(0).apply()
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert told.stdout == "50000000\n", told.stderr


@linux
def test_the_memory_of_a_process_is_told() -> None:
    assert 1_000_000 < (resident_memory(os.getpid()) or 0) < 100_000_000_000
    assert resident_memory(2**30) is None
