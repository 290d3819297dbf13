"""The first answer that needs the model: it waits for it, and says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vae.serving.visitors.session import Session
from vae.serving.visitors.visitors import Visitors
from vae.ui.components.drawn import note_value
from vae.ui.components.waiting import LOADING, patient
from vae.ui.sample import handlers as sample
from vae.ui.slide import handlers as slide

GIVEN = ("the cat sees a letter.", "a dog wants the red ball.", "linear")


@pytest.fixture
def visitor(tmp_path: Path, model_path: Path) -> Session:
    visitors = Visitors(tmp_path / "data", model_path)
    return visitors.get(visitors.start())


def test_first_path_waits_for_the_model_and_says_so_and_the_next_does_not(visitor: Session) -> None:
    handler = patient(slide.show_path, slide.PathView)
    waiting, shown = handler(visitor, *GIVEN)
    assert waiting.message == note_value("busy", LOADING)
    assert len(shown.stage["frames"]) > 1
    assert shown.message is None
    assert visitor.ready
    assert list(handler(visitor, *GIVEN)) == [shown]


def test_nothing_is_said_where_the_model_is_not_needed(visitor: Session) -> None:
    asked: tuple[Any, ...] = (2, 0.5, 1.0, "", False, "text", 1, False)
    handler = patient(sample.change_model, sample.SampleView, sample.is_outdated)
    assert len(list(handler(visitor, "", *asked))) == 1  # the tab was never opened
    assert len(list(handler(visitor, visitor.model().id, *asked))) == 1  # what stands there is of this model
    assert not visitor.ready


def test_without_any_model_the_answer_comes_at_once(tmp_path: Path) -> None:
    visitors = Visitors(tmp_path / "data", tmp_path / "none.safetensors")
    (answer,) = patient(slide.show_path, slide.PathView)(visitors.get(visitors.start()), *GIVEN)
    assert "no model yet" in answer.message["text"]
