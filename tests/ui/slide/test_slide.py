"""What the Slide tab answers, without a browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from vae.config.config import Config
from vae.config.families import FAMILIES
from vae.model.checkpoint import load, save
from vae.model.families.vae import SentenceVAE
from vae.serving.visitors.session import RefusedError, Session
from vae.serving.visitors.visitors import Visitors
from vae.text.corpus import Corpus
from vae.training.train import train
from vae.ui.sample import api as sample_api
from vae.ui.sample import handlers as sample
from vae.ui.slide import api as slide_api
from vae.ui.slide import handlers as slide


@pytest.fixture
def visitor(tmp_path: Path, model_path: Path) -> Session:
    visitors = Visitors(tmp_path / "data", model_path)
    return visitors.get(visitors.start())


@pytest.fixture
def collapsed(tmp_path: Path, model_path: Path) -> Path:
    """A model file whose decoder hears nothing of z."""
    known = load(model_path)
    model, d = known.text_model.model, known.config.latent
    assert isinstance(model, SentenceVAE)
    with torch.no_grad():
        model.decoder.first.weight.zero_()
        model.decoder.lstm.weight_ih_l0[:, -d:] = 0
        model.decoder.features.weight[:, -d:] = 0
    path = tmp_path / "collapsed.safetensors"
    save(path, known)
    return path


def test_two_others_of_an_own_model_are_two_sentences(visitor: Session, model_path: Path) -> None:
    visitor.add_model(model_path, "trained here")
    first, second, stage, *_ = slide.show_other_pair(visitor, "linear")
    assert first != second
    assert stage["ends"] == [first, second]
    frames = stage["frames"]
    assert len({frame["text"] for frame in frames}) == len(frames) > 1
    assert (frames[0]["begin"], frames[-1]["end"]) == (0, 1)


def test_collapsed_model_is_told_in_words_where_it_has_no_two_sentences(visitor: Session, collapsed: Path) -> None:
    visitor.add_model(collapsed, "loaded from a file")
    with pytest.raises(RefusedError, match="same from every point"):
        slide.two_sentences(visitor)
    for answer in (
        slide.show_other_pair(visitor, "linear")[2:],
        slide.show_asked_path(visitor, "", "", "linear"),
    ):
        assert "Type two sentences" in answer[1]["text"]
        assert answer[0] is None  # no path of another model stays


def test_language_model_says_that_it_has_no_space_and_what_to_do(
    visitor: Session, tmp_path: Path, config: Config, corpus: Corpus
) -> None:
    for _ in train(replace(config, family="lm", steps=2), corpus, tmp_path / "run"):
        pass
    visitor.add_model(tmp_path / "run" / "best.safetensors", "loaded from a file")
    assert visitor.model().family == "lm"
    stage, note, _ = slide.show_asked_path(visitor, "a cat", "a dog", "linear")
    assert stage["why"].startswith(FAMILIES["lm"].limitation)
    assert "choose another model" in stage["why"]
    assert note is None
    assert not any(update["interactive"] for update in slide.button_states(visitor))
    with pytest.raises(ValueError, match="no latent space"):
        slide_api.slide(visitor, "a cat", "a dog")
    assert not any(update["interactive"] for update in sample.place_updates(visitor))
    assert len(sample_api.sample(visitor, 3)) == 3
    with pytest.raises(ValueError, match="no latent space"):
        sample_api.sample(visitor, 3, start="the cat", near=True)


def test_endpoint_gives_even_steps_or_each_sentence_once(visitor: Session) -> None:
    ends = "the cat sees a letter.", "our teacher wants some fresh bread."
    assert len(slide_api.slide(visitor, *ends, steps=7)) == 7
    stops = slide_api.slide(visitor, *ends, distinct=True)
    assert len({stop["text"] for stop in stops}) == len(stops)
    assert (stops[0]["begin"], stops[-1]["end"]) == (0, 1)
    stage = slide.show_path(visitor, *ends, "fluent").stage
    assert [frame["text"] for frame in stage["frames"]] == [stop["text"] for stop in stops]
    with pytest.raises(ValueError, match="Steps"):
        slide_api.slide(visitor, *ends, steps=2)
    with pytest.raises(ValueError, match="Path"):
        slide_api.slide(visitor, *ends, path="bezier")
