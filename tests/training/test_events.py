"""Events travel as one line of JSON each, and as pickles, and come back equal."""

from __future__ import annotations

import json
import pickle
from dataclasses import FrozenInstanceError
from typing import get_args

import pytest

from vae.training.events import (
    Evaluated,
    Event,
    Finished,
    Progress,
    Reconstruction,
    Sample,
    Saved,
    Started,
    from_json,
    to_json,
)

ODD = 'a "quoted"\nline\u2028 \\ \x85 \U0001f600 שלום'
EVENTS: list[Event] = [
    Started("runs/ä b", 190, 10, 400, 18756, 4, 300, 0),
    Progress(3, 300, 0.25, 61.5, 60.0, 1.5, 0.0, 1234.5, 0.1, 9.9),
    Evaluated(
        3, 300, 60.0, 1.5, 0.7, 2.3, 3, 4, 0.2, 10, "weak", "Weak.", "Train longer.",
        (Reconstruction(ODD, "", (0.1, -2.5e-8)),), (Sample(ODD, (1.0, 2.0)), Sample("b", ())),
    ),
    Saved(3, "runs/best.safetensors", True),
    Finished(300, 300, "done", "runs/best.safetensors", "Training is done."),
    Finished(0, 300, "diverged", None, ODD),
]  # fmt: skip


def test_every_kind_of_event_is_tried_here() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(Event))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_event_survives_its_line(event: Event) -> None:
    line = to_json(event)
    assert "\n" not in line
    assert "\r" not in line
    assert from_json(line) == event
    assert isinstance(json.loads(line)["event"], str)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_event_survives_a_pickle_and_hashes(event: Event) -> None:
    assert pickle.loads(pickle.dumps(event)) == event
    assert len({event, from_json(to_json(event))}) == 1


def test_event_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        EVENTS[0].step = 9  # type: ignore[misc]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_torn_line_is_refused(event: Event) -> None:
    line = to_json(event)
    for end in range(len(line)):
        with pytest.raises(ValueError, match="not an event"):
            from_json(line[:end])


@pytest.mark.parametrize(
    "line",
    [
        "null", "[]", "7", '"saved"', "{}", '{"event": "nothing"}', '{"event": []}', '{"event": null}',
        '{"event": "saved"}', '{"event": "saved", "step": 1, "path": "p", "best": true, "more": 1}',
        '{"event": "evaluated", "reconstructions": 5}', '{"event": "evaluated", "reconstructions": [], "samples": [1]}',
    ],
)  # fmt: skip
def test_line_of_something_else_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="not an event"):
        from_json(line)
