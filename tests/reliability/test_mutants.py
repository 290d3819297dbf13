"""Files that were damaged or forged are refused in one clear way, or are as good as any (`mutants.py`)."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from mutants import KINDS, try_mutants

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are measured in another way there")


def check(found: dict[str, Any], most: int) -> None:
    assert (found["crashes"], found["hangs"], found["other_errors"]) == (0, 0, 0), found["which"]
    assert found["refused"] + found["read"] == found["mutants"]
    assert found["refused"] > found["mutants"] / 2
    assert found["memory_mb"] < most


# A document is read by a process of its own each, which takes a while and may have 1 GiB.
@pytest.mark.parametrize("of", KINDS)
def test_some_mutants_are_refused_or_read(of: str) -> None:
    check(try_mutants(of, 20 if of == "document" else 150), 1200 if of == "document" else 200)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("of", "count", "most"),
    [
        ("model", 10_000, 200),
        ("run", 5_000, 200),
        ("text", 5_000, 200),
        ("records", 5_000, 200),
        ("document", 3_000, 1200),
    ],
)
def test_many_mutants_are_refused_or_read(of: str, count: int, most: int) -> None:
    check(try_mutants(of, count, 1000), most)
