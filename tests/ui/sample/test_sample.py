"""What the Sample tab answers, without a browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch

from vae.model.checkpoint import Checkpoint
from vae.model.text_model import decode
from vae.serving.visitors.session import BUNDLED, Session
from vae.serving.visitors.visitors import Visitors
from vae.text.tokenizer import Tokenizer
from vae.ui.sample import api, handlers

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
    assert len(said["items"]) == 3
    assert by == BUNDLED
    assert handlers.open_tab(visitor, by, *ASKED) == NOTHING


def test_sentences_are_drawn_anew_by_another_model(visitor: Session, model_path: Path) -> None:
    assert handlers.change_model(visitor, BUNDLED, *ASKED) == NOTHING
    model = visitor.add_model(model_path, "trained here")
    said, _, _, by = handlers.change_model(visitor, BUNDLED, *ASKED)
    assert len(said["items"]) == 3
    assert by == model.id


def test_without_a_model_the_tab_says_so_until_there_is_one(tmp_path: Path, model_path: Path) -> None:
    visitors = Visitors(tmp_path / "data", tmp_path / "none.safetensors")
    visitor = visitors.get(visitors.start())
    *_, note, by = handlers.open_tab(visitor, "", *ASKED)
    assert note["kind"] == "error"
    visitor.add_model(model_path, "trained here")
    assert len(handlers.change_model(visitor, by, *ASKED)[0]["items"]) == 3


def test_new_is_told_of_what_the_model_learned_from(visitor: Session) -> None:
    for said in (badges("new"), badges("new", "new"), badges("new", "seen")):
        assert "learned from" in handlers.summary(visitor, said)
    assert handlers.summary(visitor, badges("new", "seen", "new")).startswith("2 of 3 are new")
    assert "too many sentences to tell" in handlers.summary(visitor, badges("", ""))


def test_variety_moves_the_places_first_and_words_only_past_its_middle(visitor: Session) -> None:
    model = visitor.checkpoint().text_model
    distances = []
    for variety in (0.0, 0.5, 1.0):
        said = api.sample(visitor, 40, variety=variety, seed=3)
        z = torch.tensor([one["z"] for one in said])
        distances.append((z - model.fitted.mean).norm(dim=1).mean().item() if model.fitted else 0.0)
        likeliest = decode(model, z) == [one["text"] for one in said]
        assert likeliest == (variety <= 0.5)
    assert 0 < distances[0] < distances[1]


def test_places_are_those_of_the_text_or_of_the_bell_curve(visitor: Session) -> None:
    text, bell = (api.sample(visitor, 5, places=places, seed=3) for places in ("text", "bell"))
    assert text != bell
    with pytest.raises(ValueError, match="Places"):
        api.sample(visitor, 5, places="anywhere")


def test_start_that_the_model_has_never_seen_is_told(visitor: Session) -> None:
    with pytest.raises(ValueError, match="has never seen “zebra”"):
        api.sample(visitor, 3, start="the zebra")
    said, _, note, _ = handlers.show_samples(visitor, 3, 0.5, 1.0, "zebra ", False, "text", 1, False)
    assert said == gr.skip()
    assert "has never seen “zebra”" in note["text"]


def test_blank_behind_a_start_ends_its_word(visitor: Session) -> None:
    assert all(one["text"].startswith("the c") for one in api.sample(visitor, 5, start="the c"))
    with pytest.raises(ValueError, match="has never seen “c”"):
        api.sample(visitor, 5, start="the c ")
    assert all(one["text"].startswith("the cat ") for one in api.sample(visitor, 5, start="the cat "))


def test_samples_all_differ_and_it_is_told_when_there_are_no_more(visitor: Session) -> None:
    said = [one["text"] for one in api.sample(visitor, 50, seed=1)]
    assert len(set(said)) == len(said)
    few, _, note, _ = handlers.show_samples(visitor, 50, 0.0, 1.0, "the cat sees", False, "text", 1, False)
    assert len(few["items"]) < 50
    assert f"only {len(few['items'])} different sentences" in note["text"]


def test_start_of_words_that_the_model_hardly_knows_is_told(checkpoint: Checkpoint) -> None:
    pieces = Tokenizer(checkpoint.text_model.tokenizer.model)  # as if it had met each of them
    model = replace(checkpoint, text_model=replace(checkpoint.text_model, tokenizer=pieces))
    assert api.strange_start(model, "the cat") == ""
    assert api.strange_start(model, "der cat").startswith("The model hardly knows “der”")
