"""Sentences to points and back: order, ends of a path, seeds, and starts."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from vae.metrics import text_scores
from vae.model.interpolation import interpolate, interpolate_pairs, points_between
from vae.model.text_model import TextModel, decode, encode, points, reconstruct, sample
from vae.text.corpus import Corpus

A, B = "the cat sees a letter.", "our teacher wants some fresh bread."


def vector(*values: float) -> Tensor:
    return torch.tensor(values)


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
    torch.testing.assert_close(torch.tensor([p.z for p in said]), encode(text_model, sentences).mu)
    texts = [point.text for point in said]
    assert text_scores.bleu(texts, sentences) > text_scores.bleu(texts, sentences[1:] + sentences[:1]) + 10


def test_no_sentences_give_no_points(text_model: TextModel) -> None:
    assert reconstruct(text_model, []) == []


@pytest.mark.parametrize("kind", ["lerp", "slerp"])
def test_path_begins_and_ends_with_what_the_model_makes_of_its_ends(text_model: TextModel, kind: str) -> None:
    path = interpolate(text_model, A, B, steps=7, kind=kind)
    first, last = reconstruct(text_model, [A, B])
    assert len(path) == 7
    assert (path[0], path[-1]) == (first, last)
    assert len({point.z for point in path}) == 7


def test_path_is_a_straight_line_of_even_steps(text_model: TextModel) -> None:
    z = torch.tensor([point.z for point in interpolate(text_model, A, B, steps=5)])
    steps = z.diff(dim=0)
    torch.testing.assert_close(steps, steps.mean(0).expand_as(steps), atol=1e-5, rtol=0)


def test_path_from_a_sentence_to_itself_stays(text_model: TextModel) -> None:
    for kind in ("lerp", "slerp"):
        first, *others = interpolate(text_model, A, A, steps=4, kind=kind)
        assert {point.text for point in others} == {first.text}
        for point in others:
            assert point.z == pytest.approx(first.z, abs=1e-6)


def test_path_reads_its_ends_as_the_corpus_reader_would(text_model: TextModel) -> None:
    assert interpolate(text_model, f"  {A.replace(' ', '   ')}\n", B, steps=2) == interpolate(text_model, A, B, steps=2)


@pytest.mark.parametrize(("a", "b", "which"), [("", B, "first"), (A, "", "second"), (" \n\t", B, "first")])
def test_empty_end_of_a_path_is_an_error(text_model: TextModel, a: str, b: str, which: str) -> None:
    with pytest.raises(ValueError, match=f"the {which} sentence is empty"):
        interpolate(text_model, a, b)


@pytest.mark.parametrize("steps", [1, 0, -3, 1002])
def test_path_of_an_odd_number_of_steps_is_an_error(text_model: TextModel, steps: int) -> None:
    with pytest.raises(ValueError, match=f"steps is {steps}"):
        interpolate(text_model, A, B, steps=steps)


@pytest.mark.parametrize("kind", ["lerp", "slerp"])
def test_interpolation_ends_exactly(kind: str) -> None:
    generator = torch.Generator().manual_seed(1)
    for _ in range(50):
        a, b = torch.randn(2, 6, generator=generator)
        z = points_between(a, b, 9, kind)
        assert z.shape == (9, 6)
        assert torch.equal(z[0], a)
        assert torch.equal(z[-1], b)


def test_slerp_turns_evenly_and_its_length_changes_evenly() -> None:
    a, b = vector(3.0, 0.0, 0.0), vector(0.0, 5.0, 0.0)
    z = points_between(a, b, 5, "slerp")
    torch.testing.assert_close(z.norm(dim=1), vector(3.0, 3.5, 4.0, 4.5, 5.0))
    angles = torch.atan2(z[:, 1], z[:, 0])
    torch.testing.assert_close(angles, torch.linspace(0, math.pi / 2, 5), atol=1e-6, rtol=0)


def test_lerp_of_right_angles_cuts_the_corner_and_slerp_does_not() -> None:
    a, b = vector(1.0, 0.0), vector(0.0, 1.0)
    assert points_between(a, b, 3, "lerp")[1].norm().item() == pytest.approx(math.sqrt(0.5))
    assert points_between(a, b, 3, "slerp")[1].norm().item() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (vector(0, 0, 0), vector(1, 2, 3)),
        (vector(1, 2, 3), vector(0, 0, 0)),
        (vector(0, 0, 0), vector(0, 0, 0)),
        (vector(1, 2, 3), vector(-1, -2, -3)),
        (vector(1, 2, 3), vector(-2, -4, -6)),
        (vector(1, 0, 0), vector(-1, 1e-7, 0)),
        (vector(1, 2, 3), vector(2, 4, 6)),
        (vector(1, 2, 3), vector(1, 2, 3)),
        (vector(1e-30, 0, 0), vector(1, 0, 0)),
    ],
)
def test_slerp_without_one_arc_is_the_straight_line(a: Tensor, b: Tensor) -> None:
    a, b = a.float(), b.float()
    torch.testing.assert_close(points_between(a, b, 7, "slerp"), points_between(a, b, 7, "lerp"))


def test_slerp_is_smooth_up_to_where_it_becomes_a_line() -> None:
    for angle in (1e-3, 0.5, 3.0, math.pi - 0.01):
        z = points_between(vector(1.0, 0.0), vector(math.cos(angle), math.sin(angle)), 101, "slerp")
        assert z.isfinite().all()
        torch.testing.assert_close(z.norm(dim=1), torch.ones(101), atol=1e-3, rtol=0)
        assert z.diff(dim=0).norm(dim=1).max() < 2 * angle / 100


def test_unknown_kind_of_path_is_an_error() -> None:
    with pytest.raises(ValueError, match="kind is 'bezier'"):
        points_between(vector(1.0), vector(2.0), 3, "bezier")


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


def test_samples_come_from_the_prior(text_model: TextModel) -> None:
    z = torch.tensor([point.z for point in sample(text_model, 2000, temperature=0.0)])
    assert z.shape == (2000, text_model.latent)
    assert z.mean(0).abs().max() < 0.1
    assert (z.std(0) - 1).abs().max() < 0.1


@pytest.mark.parametrize("from_start", [False, True])
@pytest.mark.parametrize("beam", [1, 3])
@pytest.mark.parametrize("start", ["the c", "our teacher", "the cat sees", "  the   dog ", "ünknown 日本"])
def test_samples_begin_with_their_start(text_model: TextModel, start: str, beam: int, from_start: bool) -> None:
    wanted = " ".join(start.split())
    for point in sample(text_model, 6, start=start, beam=beam, from_start=from_start, seed=2):
        assert point.text.startswith(wanted)


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


def test_paths_decoded_together_are_those_decoded_alone(text_model: TextModel) -> None:
    pairs = [("the cat sees a letter.", "a dog wants the red ball."), ("my sister likes a green apple.", "a letter.")]
    together = interpolate_pairs(text_model, pairs, steps=5)
    for pair, path in zip(pairs, together, strict=True):
        alone = interpolate(text_model, *pair, steps=5)
        assert [point.text for point in path] == [point.text for point in alone]
        assert [z for point in path for z in point.z] == pytest.approx([z for p in alone for z in p.z], abs=1e-5)
