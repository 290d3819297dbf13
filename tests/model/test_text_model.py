"""Sentences to points and back: order, seeds, priors, and starts."""

from __future__ import annotations

import copy
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from vae.messages.message import UserError
from vae.metrics import text_scores
from vae.model.families.base import DecoderModel
from vae.model.priors.gaussian_mixture import GaussianMixture
from vae.model.text_model import TextModel, decode, encode, find_codes, points, reconstruct, sample
from vae.text.corpus import Corpus
from vae.text.lexicon import Lexicon, lexicon_of
from vae.text.words import words_of

A = "the cat sees a letter."


def test_codes_come_in_the_order_of_the_sentences(text_model: TextModel, corpus: Corpus) -> None:
    sentences = ["", *corpus.sentences[:40], "x" * 150, *corpus.sentences[::-9]]  # lengths up and down
    mu, logvar = encode(text_model, sentences)
    assert mu.shape == logvar.shape == (len(sentences), text_model.latent)
    for row in (0, 1, 17, 41, len(sentences) - 1):
        alone = encode(text_model, [sentences[row]])
        torch.testing.assert_close(mu[row : row + 1], alone.mu, atol=1e-5, rtol=0)
        torch.testing.assert_close(logvar[row : row + 1], alone.logvar, atol=1e-5, rtol=0)


def test_reconstructions_come_in_the_order_of_the_sentences(text_model: TextModel, corpus: Corpus) -> None:
    sentences = list(corpus.sentences[::7])
    said = reconstruct(text_model, sentences)
    assert [point.text for point in said[::-1]] == [p.text for p in reconstruct(text_model, sentences[::-1])]
    torch.testing.assert_close(torch.tensor([p.z for p in said]), find_codes(text_model, sentences).z)
    plain = reconstruct(text_model, sentences, refine=0)
    torch.testing.assert_close(torch.tensor([p.z for p in plain]), encode(text_model, sentences).mu)
    texts = [point.text for point in said]
    assert text_scores.bleu(texts, sentences) > text_scores.bleu(texts, sentences[1:] + sentences[:1]) + 10


def test_no_sentences_give_no_points(text_model: TextModel) -> None:
    assert reconstruct(text_model, []) == []


@pytest.mark.parametrize("options", [{}, {"temperature": 0.0}, {"temperature": 1.3, "top_p": 0.9}, {"top_k": 5}])
def test_samples_follow_from_their_seed(text_model: TextModel, options: dict[str, float]) -> None:
    first, again, other = (sample(text_model, 8, seed=seed, **options) for seed in (3, 3, 4))  # type: ignore[arg-type]
    assert first == again
    assert {point.z for point in first}.isdisjoint(point.z for point in other)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_many_points_are_decoded_as_few_are(text_model: TextModel, temperature: float) -> None:
    z = torch.randn(1100, text_model.latent, generator=torch.Generator().manual_seed(1))
    together = decode(text_model, z, temperature=temperature, seed=5)
    assert len(together) == 1100
    assert len(set(together)) > 20
    assert decode(text_model, z[:30], temperature=temperature, seed=5) == together[:30]
    if not temperature:
        assert decode(text_model, z[500:530]) == together[500:530]


def test_samples_come_from_the_prior_that_is_asked_for(text_model: TextModel) -> None:
    mean = torch.arange(float(text_model.latent))
    fitted = GaussianMixture(torch.ones(1), mean[None], 0.5 * torch.eye(text_model.latent)[None])
    model = replace(text_model, fitted=fitted)
    for prior, spread, middle, width in (
        ("fitted", 1, mean, 0.5),
        ("fitted", 0.4, mean, 0.2),
        ("normal", 2, 0 * mean, 2),
    ):
        z = torch.tensor([p.z for p in sample(model, 2000, temperature=0.0, prior=prior, spread=spread)])
        assert z.shape == (2000, text_model.latent)
        torch.testing.assert_close(z.mean(0), middle, atol=0.1 * width, rtol=0)
        torch.testing.assert_close(z.std(0), torch.full_like(middle, width), atol=0.1 * width, rtol=0)


def test_model_without_a_fitted_prior_draws_from_its_own(text_model: TextModel) -> None:
    model = replace(text_model, fitted=None)
    assert sample(model, 5, seed=2) == sample(model, 5, prior="normal", seed=2)


def test_samples_can_be_asked_to_differ(text_model: TextModel) -> None:
    narrow = {"spread": 0.3, "seed": 3}
    free = [point.text for point in sample(text_model, 30, **narrow)]  # type: ignore[arg-type]
    assert len(set(free)) < 30
    distinct = [point.text for point in sample(text_model, 30, distinct=True, **narrow)]  # type: ignore[arg-type]
    assert len(set(distinct)) == len(distinct) > len(set(free))
    assert distinct[: len(set(free))] == list(dict.fromkeys(free))


def test_what_cannot_differ_ends(text_model: TextModel) -> None:
    assert len(sample(text_model, 5, spread=0.0, prior="normal", distinct=True)) == 1


def test_sentences_with_a_made_up_word_give_way_to_others(text_model: TextModel) -> None:
    plain = [point.text for point in sample(replace(text_model, lexicon=None), 200, made_up=False, seed=3)]
    assert plain == [point.text for point in sample(text_model, 200, seed=3)]
    free = [point.text for point in sample(text_model, 250, seed=3)]  # some more than are asked for
    common, _ = Counter(words_of(" ".join(free))).most_common(12)[-1]  # which sentences can do without
    lexicon = lexicon_of([sentence.replace(common, "") for sentence in free], ["the"])
    assert lexicon is not None
    model = replace(text_model, lexicon=lexicon)
    real = [point.text for point in sample(model, 200, made_up=False, seed=3)]
    assert len(real) == 200
    assert not any(common in words_of(sentence) for sentence in real)
    kept = [sentence for sentence in free if common not in words_of(sentence)]
    assert 0 < len(kept) < 250
    assert real[: len(kept)] == kept[:200]
    started = [point.text for point in sample(model, 8, start=f"{common} ", made_up=False, seed=3)]
    assert all(sentence.startswith(common) for sentence in started)
    assert not any(lexicon.made_up(sentence, besides=common) for sentence in started)


def test_model_that_knows_no_word_says_what_it_can(text_model: TextModel) -> None:
    nothing = replace(text_model, lexicon=Lexicon(np.empty(0, np.uint32)))
    assert sample(nothing, 5, made_up=False, seed=3) == sample(text_model, 7, seed=3)[:5]


def test_unknown_prior_and_impossible_spread_are_named(text_model: TextModel) -> None:
    with pytest.raises(ValueError, match="prior is 'flat'"):
        sample(text_model, 1, prior="flat")
    with pytest.raises(ValueError, match="spread is -1"):
        sample(text_model, 1, spread=-1)


@pytest.mark.parametrize("from_start", [False, True])
@pytest.mark.parametrize("beam", [1, 3])
@pytest.mark.parametrize("start", ["the c", "our teacher", "the cat sees", "  the   dog "])
def test_samples_begin_with_their_start(text_model: TextModel, start: str, beam: int, from_start: bool) -> None:
    wanted = " ".join(start.split()) + " " * start.endswith(" ")
    for point in sample(text_model, 6, start=start, beam=beam, from_start=from_start, seed=2):
        assert point.text.startswith(wanted)


@pytest.mark.parametrize("beam", [1, 3])
def test_start_of_unknown_words_is_told(text_model: TextModel, beam: int) -> None:
    for start, told in (("zebra", "“zebra”"), ("the ünknown 日本 ", "“ünknown”, “日本”"), ("the cat 🙂", "“🙂”")):
        with pytest.raises(UserError, match=f"The model has never seen {told}"):
            sample(text_model, 2, start=start, beam=beam)


@pytest.mark.parametrize("temperature", [0.0, 1.0, 8.0])
def test_nothing_is_said_that_was_never_learned(text_model: TextModel, corpus: Corpus, temperature: float) -> None:
    learned = set("".join(corpus.sentences))
    said = [point.text for point in sample(text_model, 300, temperature=temperature, spread=3.0, seed=2)]
    assert set("".join(said)) <= learned


def test_start_longer_than_any_sentence_is_still_said(text_model: TextModel) -> None:
    start = "the cat " * 100
    (point,) = sample(text_model, 1, start=start)
    assert point.text.startswith(start.strip())


def test_samples_around_a_start_lie_near_its_code(text_model: TextModel) -> None:
    mu, logvar = encode(text_model, [A])
    z = torch.tensor([point.z for point in sample(text_model, 500, start=A, from_start=True, temperature=0.0)])
    torch.testing.assert_close(z.mean(0), mu[0], atol=0.2, rtol=0)
    torch.testing.assert_close(z.std(0), (0.5 * logvar[0]).exp(), atol=0.15, rtol=0)


def test_greedy_words_of_a_sample_are_those_of_its_point(text_model: TextModel) -> None:
    said = sample(text_model, 5, temperature=0.0, seed=1)
    assert decode(text_model, torch.tensor([point.z for point in said])) == [point.text for point in said]


@pytest.mark.parametrize("n", [0, -1, 100_001])
def test_number_of_samples_out_of_range_is_named(text_model: TextModel, n: int) -> None:
    with pytest.raises(ValueError, match=f"n is {n}"):
        sample(text_model, n)


@pytest.mark.parametrize("beam", [0, -2, 65])
def test_beam_out_of_range_is_named(text_model: TextModel, beam: int) -> None:
    with pytest.raises(ValueError, match=f"beams is {beam}"):
        sample(text_model, 1, beam=beam)


def test_points_pair_texts_with_their_rows() -> None:
    first, second = points(["a", "b"], torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert (first.text, first.z, second.text, second.z) == ("a", (1.0, 2.0), "b", (3.0, 4.0))


def test_what_words_add_is_worked_out_as_they_are_said_by_any_thread_in_any_mode(text_model: TextModel) -> None:
    model = copy.deepcopy(text_model.model)
    assert isinstance(model, DecoderModel)
    tm, z = replace(text_model, model=model), torch.randn(40, text_model.latent, generator=torch.manual_seed(1))
    model.train(False)  # without what others have had it say
    with ThreadPoolExecutor(4) as pool:
        said = [text for part in pool.map(lambda rows: decode(tm, rows), z.split(5)) for text in part]
    assert said == decode(text_model, z)
    table = model._gate_table
    assert table is not None
    made = table.made.nonzero().flatten()
    spoken = {id_ for row in tm.tokenizer.encode(said) for id_ in row}
    assert spoken <= set(made.tolist())
    assert len(made) < len(table.made)
    whole = text_model.model._gate_table
    assert torch.equal(table.rows[made], whole.rows[made])  # whatever they were made together with
    with torch.no_grad():  # not in inference mode, as where the search measures what it has found
        expected = model.decoder.input_gates(model.embedding(made))
        torch.testing.assert_close(model._input_gates(made), expected)
        rest = (~table.made).nonzero().flatten()
        torch.testing.assert_close(model._input_gates(rest), model.decoder.input_gates(model.embedding(rest)))
        model.embedding.weight[made[0]] += 1.0
        torch.testing.assert_close(model._input_gates(made), model.decoder.input_gates(model.embedding(made)))
