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
from vae.serving.visitors import examples
from vae.serving.visitors.session import RefusedError, Session
from vae.serving.visitors.visitors import Visitors
from vae.text.corpus import Corpus, read_corpus
from vae.text.hashing import hashes
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


def test_examples_are_sentences_of_the_own_text(visitor: Session, model_path: Path, corpus: Corpus) -> None:
    visitor.add_model(model_path, "trained here")
    visitor.set_corpus(corpus)
    held_out = corpus.split()[1]
    for pair in (None, 0):  # any two, and two that are always the same
        first, second, stage, note = slide.show_other_pair(visitor, "linear", pair)
        assert {first, second} <= set(held_out)
        assert first != second
        assert stage["ends"] == [first, second]
        assert note["text"] == "Two sentences of “toy.txt” that the model has not learned from."
    frames = stage["frames"]
    assert len({frame["text"] for frame in frames}) == len(frames) > 1
    assert (frames[0]["begin"], frames[-1]["end"]) == (0, 1)
    assert examples.start_of_sentence(visitor) == " ".join(held_out[0].split()[:2])


def test_examples_of_a_model_whose_text_is_not_there_are_its_own_and_named_so(
    visitor: Session, model_path: Path, corpus: Corpus
) -> None:
    name = visitor.add_model(model_path, "loaded from a file").name
    for other in (None, read_corpus(b"One of these.\nTwo of those.\nThree of them.", "other.txt")):
        if other:
            visitor.set_corpus(other)
        first, second, source = examples.two_sentences(visitor)
        assert first != second
        assert f"The text that {name} learned from" in str(source)
        assert examples.start_of_sentence(visitor) == ""


def test_examples_of_a_text_with_one_held_out_sentence_are_any_of_it(
    visitor: Session, model_path: Path, corpus: Corpus, tmp_path: Path
) -> None:
    few = read_corpus("\n".join(corpus.sentences[:9]).encode(), "few.txt", layout="lines")
    known = load(model_path)
    save(tmp_path / "few.safetensors", replace(known, seen=hashes(few.split()[0])))
    visitor.add_model(tmp_path / "few.safetensors", "trained here")
    visitor.set_corpus(few)
    first, second, source = examples.two_sentences(visitor)
    assert {first, second} < set(few.sentences)
    assert str(source) == "Two sentences of “few.txt”."


def test_collapsed_model_is_told_in_words_where_it_has_no_two_sentences(visitor: Session, collapsed: Path) -> None:
    visitor.add_model(collapsed, "loaded from a file")
    with pytest.raises(RefusedError, match="same at every point"):
        examples.two_sentences(visitor)
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
    assert not any(update["interactive"] for update in sample.place_updates(visitor)[1:])
    assert len(sample_api.sample(visitor, 3)) == 3
    with pytest.raises(ValueError, match="no latent space"):
        sample_api.sample(visitor, 3, start="the cat", near=True)


def test_endpoint_gives_even_steps_or_each_sentence_once(visitor: Session) -> None:
    ends = "the cat sees a letter.", "our teacher wants some fresh bread."
    assert len(slide_api.slide(visitor, *ends, steps=7)) == 7
    stops = slide_api.slide(visitor, *ends, distinct=True)
    assert len({stop["text"] for stop in stops}) == len(stops)
    assert (stops[0]["begin"], stops[-1]["end"]) == (0, 1)
    assert not any(stop["unread"] for stop in stops)
    assert [one["unread"] for one in slide_api.slide(visitor, "a 猫", ends[1], steps=3)] == [["猫"], [], []]
    stage = slide.show_path(visitor, "a 猫", ends[1], "fluent").stage
    assert stage["unread"] == [
        "The model can’t read “猫”: it has never met this word, or not all of its characters.",
        "",
    ]
    stage = slide.show_path(visitor, *ends, "fluent").stage
    assert [frame["text"] for frame in stage["frames"]] == [stop["text"] for stop in stops]
    with pytest.raises(ValueError, match="Steps"):
        slide_api.slide(visitor, *ends, steps=2)
    with pytest.raises(ValueError, match="Path"):
        slide_api.slide(visitor, *ends, path="bezier")
