"""A class at work, and many that come and go: the short forms of `load.py` and `sessions.py`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import load
import pytest
import sessions
from support.server import running_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is told in another way there")


def test_five_users_at_work_meet_no_error(tmp_path: Path) -> None:
    with running_server(tmp_path) as (url, process):
        found = asyncio.run(load.measure(url, process.pid, tmp_path / "data", 5, 8.0, least=10))
    assert found["said"] == []
    assert found["errors"] == 0
    assert found["requests"] >= 10
    assert set(load.FIGURES) <= set(found)


def test_thirty_sessions_leave_nothing(tmp_path: Path) -> None:
    found = sessions.measure(tmp_path, 30)
    assert found["errors"] == 0
    assert found["files_kept"] >= found["files_before"] == 0
    assert found["files_after"] == 0


@pytest.mark.soak
def test_class_of_thirty_is_answered_in_time(tmp_path: Path) -> None:
    with running_server(tmp_path) as (url, process):
        found = asyncio.run(load.measure(url, process.pid, tmp_path / "data", 30, 300.0))
    assert found["errors"] == 0, found["said"]
    assert found["p95_ms"] <= 500
    assert found["p99_ms"] <= 1500
    assert found["training_kept"] >= 0.8


@pytest.mark.soak
def test_thousand_sessions_leave_nothing(tmp_path: Path) -> None:
    found = sessions.measure(tmp_path, 1000)
    assert found["errors"] == 0
    assert found["grown_mb"] <= 50
    assert found["files_before"] == found["files_after"] == 0
