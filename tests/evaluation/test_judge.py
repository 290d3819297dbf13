"""Language models as judges and as pupils."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from support import reference

from vae.config.config import Config
from vae.evaluation import judge as fluency
from vae.model.checkpoint import Checkpoint, load
from vae.text.corpus import Corpus
from vae.training.train import train

SENTENCES = ["the cat sees a letter.", "", "a dog wants the red ball.", "letter a the sees cat"]


@pytest.fixture(scope="module")
def judge(config: Config, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    folder = tmp_path_factory.mktemp("judge") / "run"
    *_, _ = train(replace(config, family="lm", steps=150, dropout=0.0), corpus, folder)
    return load(folder / "best.safetensors")


@torch.no_grad()
def test_judge_gives_the_nll_of_a_slow_loop_over_tokens(judge: Checkpoint) -> None:
    tm = judge.text_model
    expected = [reference.nll(tm.model, ids, torch.empty(0)) for ids in tm.tokenizer.encode(SENTENCES)]
    assert fluency.judge_nlls(judge, SENTENCES) == pytest.approx([float(nll) for nll in expected], abs=1e-3)


def test_judge_finds_scrambled_words_odder(judge: Checkpoint) -> None:
    each = fluency.perplexities(fluency.judge_nlls(judge, SENTENCES), SENTENCES)
    assert each[3] > 3 * each[0]


def test_perplexity_is_of_a_word_with_end_marks() -> None:
    text = ["one two", "", "three"]
    assert fluency.perplexity([3.0, 1.0, 2.0], text) == pytest.approx(math.exp(6 / (3 + 1 + 2)))
    assert fluency.perplexities([3.0, 1.0, 2.0], text) == pytest.approx([math.e] * 3)
    assert math.isfinite(fluency.perplexity([1e9], ["x"]))


def test_judge_of_another_family_is_refused(checkpoint: Checkpoint, judge: Checkpoint) -> None:
    fluency.check_judge(judge)
    with pytest.raises(ValueError, match="family vae: a judge is a language model"):
        fluency.check_judge(checkpoint)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pupils smaller than usual."""
    small = replace(fluency._SMALL_LM, vocabulary=400, embedding=16, hidden=24, steps=40, learning_rate=0.02, threads=1)
    monkeypatch.setattr(fluency, "_SMALL_LM", small)


@pytest.mark.usefixtures("quick")
def test_pupil_learns_what_it_is_given_and_nothing_else(corpus: Corpus) -> None:
    own, scrambled = list(corpus.sentences), [" ".join(sentence.split()[::-1]) for sentence in corpus.sentences]
    small_lm, again, other = fluency.train_small_lm(own), fluency.train_small_lm(own), fluency.train_small_lm(scrambled)
    assert small_lm is not None
    assert again is not None
    assert other is not None
    assert small_lm.text_model.spec.name == "lm"
    nll = fluency.judge_nlls(small_lm, own)
    assert fluency.judge_nlls(again, own) == nll
    assert fluency.perplexity(nll, own) < 0.5 * fluency.perplexity(fluency.judge_nlls(other, own), own)


@pytest.mark.parametrize("text", [[], ["a b c"] * 9, ["", " ", "..."]])
def test_pupil_needs_two_sentences(text: list[str]) -> None:
    assert fluency.train_small_lm(text) is None


@pytest.mark.usefixtures("quick")
def test_pupil_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, corpus: Corpus) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert fluency.train_small_lm(corpus.sentences[:20]) is not None
    assert list(tmp_path.iterdir()) == []
