"""What the Sample tab answers, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from vae.serving.visitors.session import BUNDLED, Session
from vae.serving.visitors.visitors import Visitors
from vae.ui.sample import handlers

ASKED = (3, 0.5, 1.0, "", False, "text", 1, True)
NOTHING = (gr.skip(),) * 4


@pytest.fixture
def visitor(tmp_path: Path, model_path: Path) -> Session:
    visitors = Visitors(tmp_path / "data", model_path)
    return visitors.get(visitors.start())


def badges(*words: str) -> list[dict[str, Any]]:
    return [{"badge": word} for word in words]


def test_sentences_are_drawn_when_the_tab_is_first_opened_and_once(visitor: Session) -> None:
    assert handlers.change_model(visitor, "", *ASKED) == NOTHING
    said, _, _, by = handlers.open_tab(visitor, "", *ASKED)
    assert len(said) == 3
    assert by == BUNDLED
    assert handlers.open_tab(visitor, by, *ASKED) == NOTHING


def test_sentences_are_drawn_anew_by_another_model(visitor: Session, model_path: Path) -> None:
    assert handlers.change_model(visitor, BUNDLED, *ASKED) == NOTHING
    model = visitor.add_model(model_path, "trained here")
    said, _, _, by = handlers.change_model(visitor, BUNDLED, *ASKED)
    assert len(said) == 3
    assert by == model.id


def test_without_a_model_the_tab_says_so_until_there_is_one(tmp_path: Path, model_path: Path) -> None:
    visitors = Visitors(tmp_path / "data", tmp_path / "none.safetensors")
    visitor = visitors.get(visitors.start())
    *_, note, by = handlers.open_tab(visitor, "", *ASKED)
    assert note["kind"] == "error"
    visitor.add_model(model_path, "trained here")
    assert len(handlers.change_model(visitor, by, *ASKED)[0]) == 3


def test_new_is_told_of_what_the_model_learned_from(visitor: Session) -> None:
    for said in (badges("new"), badges("new", "new"), badges("new", "seen")):
        assert "learned from" in handlers.summary(visitor, said)
    assert handlers.summary(visitor, badges("new", "seen", "new")).startswith("2 of 3 are new")
    assert "too many sentences to tell" in handlers.summary(visitor, badges("", ""))
