"""How much of the queue the visitors of one place may hold."""

from __future__ import annotations

import pytest

from vae.serving.jobs.job import JobError
from vae.serving.jobs.origins import Origin, Origins
from vae.serving.limits import Limits

LIMITS = Limits(waiting=60, waiting_of_address=40, waiting_of_network=50, waiting_of_program=8)


def held(origins: list[Origin], limits: Limits = LIMITS) -> int:
    """How many of these visitors, one after another, may let a training wait."""
    known, waiting = Origins(limits), list[str]()
    for number, origin in enumerate(origins):
        owner = f"visitor {number}"
        known.note(owner, origin)
        try:
            known.check(owner, waiting)
        except JobError:
            continue
        waiting.append(owner)
    return len(waiting)


@pytest.mark.parametrize(
    ("origins", "most"),
    [
        ([Origin("10.0.0.1")] * 30, 30),  # a class behind one router
        ([Origin("10.0.0.1")] * 60, 40),
        ([Origin(f"10.0.0.{n}") for n in range(60)], 50),
        ([Origin(f"2001:db8:1:{n:x}::1") for n in range(60)], 50),
        ([Origin(f"10.0.{n}.1") for n in range(60)], 60),
        ([Origin("10.0.0.1", has_cookie=False)] * 60, 8),
        ([Origin("10.0.0.1", has_cookie=False)] * 60 + [Origin("10.0.0.1")] * 30, 38),
        ([Origin("no address")] * 60, 40),
    ],
)
def test_one_place_does_not_fill_the_queue(origins: list[Origin], most: int) -> None:
    assert held(origins) == most


def test_a_class_of_its_own_is_given_the_whole_queue() -> None:
    limits = Limits(waiting=60, waiting_of_address=60, waiting_of_network=60)
    assert held([Origin("10.0.0.1")] * 60, limits) == 60


def test_visitor_of_unknown_origin_is_let_in() -> None:
    Origins(LIMITS).check("somebody", ["another"] * 59)
