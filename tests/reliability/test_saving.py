"""A kill never leaves a torn file, and what goes on after one ends as if there had been none (`saving.py`)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("saving.py")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing can be forked there")


def kill(kills: int, runs: int) -> dict[str, Any]:
    command = [sys.executable, str(SCRIPT), "--json", "--kills", str(kills), "--runs", str(runs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["saving"]["kills"] == kills
    assert found["saving"]["unreadable"] == found["saving"]["temporaries_left"] == 0, done.stderr
    assert found["interrupted"]["different"] == 0
    return found


def test_some_kills_leave_whole_files_and_the_same_run() -> None:
    kill(20, 1)


@pytest.mark.soak
def test_many_kills_leave_whole_files_and_the_same_runs() -> None:
    found = kill(300, 5)
    assert found["saving"]["temporaries"] > 0  # some came in the middle of a write
    assert found["interrupted"]["kills"] > 5
