"""Paths between two sentences: their ends, their shape, and what is said on them."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from vae.model.interpolation import KINDS, Way, find_path, find_paths, interpolate, points_between
from vae.model.text_model import TextModel, decode, reconstruct
from vae.text.lexicon import lexicon_of
from vae.text.words import words_of

A, B = "the cat sees a letter.", "our teacher wants some fresh bread."


def vector(*values: float) -> Tensor:
    return torch.tensor(values)


def between(a: Tensor, b: Tensor, steps: int, kind: str) -> Tensor:
    ends = torch.stack([a, b])
    return points_between(Way(ends, ends, torch.zeros_like(a)), torch.linspace(0, 1, steps), kind)


@pytest.mark.parametrize("kind", KINDS)
def test_path_begins_and_ends_with_what_the_model_makes_of_its_ends(text_model: TextModel, kind: str) -> None:
    path = interpolate(text_model, A, B, steps=7, kind=kind)
    first, last = reconstruct(text_model, [A, B])
    assert len(path) == 7
    assert (path[0], path[-1]) == (first, last)
    assert len({point.z for point in path}) == 7
    means = reconstruct(text_model, [A, B], refine=0)
    unrefined = interpolate(text_model, A, B, steps=7, kind=kind, refine=0)
    assert (unrefined[0], unrefined[-1]) == tuple(means)


def test_path_is_a_straight_line_of_even_steps(text_model: TextModel) -> None:
    z = torch.tensor([point.z for point in interpolate(text_model, A, B, steps=5, kind="lerp")])
    steps = z.diff(dim=0)
    torch.testing.assert_close(steps, steps.mean(0).expand_as(steps), atol=1e-5, rtol=0)


def test_path_from_a_sentence_to_itself_stays(text_model: TextModel) -> None:
    for kind in KINDS:
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


@pytest.mark.parametrize("kind", KINDS)
def test_interpolation_ends_exactly(kind: str) -> None:
    generator = torch.Generator().manual_seed(1)
    for _ in range(50):
        mu, z, past = (torch.randn(n, 6, generator=generator) for n in (2, 2, 1))
        way = points_between(Way(mu, z, past[0], 0.7), torch.linspace(0, 1, 9), kind)
        assert way.shape == (9, 6)
        assert torch.equal(way[0], z[0])
        assert torch.equal(way[-1], z[1])


def test_slerp_turns_evenly_and_its_length_changes_evenly() -> None:
    a, b = vector(3.0, 0.0, 0.0), vector(0.0, 5.0, 0.0)
    z = between(a, b, 5, "slerp")
    torch.testing.assert_close(z.norm(dim=1), vector(3.0, 3.5, 4.0, 4.5, 5.0))
    angles = torch.atan2(z[:, 1], z[:, 0])
    torch.testing.assert_close(angles, torch.linspace(0, math.pi / 2, 5), atol=1e-6, rtol=0)


def test_lerp_of_right_angles_cuts_the_corner_and_slerp_does_not() -> None:
    a, b = vector(1.0, 0.0), vector(0.0, 1.0)
    assert between(a, b, 3, "lerp")[1].norm().item() == pytest.approx(math.sqrt(0.5))
    assert between(a, b, 3, "slerp")[1].norm().item() == pytest.approx(1.0)


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
    torch.testing.assert_close(between(a, b, 7, "slerp"), between(a, b, 7, "lerp"))


def test_slerp_is_smooth_up_to_where_it_becomes_a_line() -> None:
    for angle in (1e-3, 0.5, 3.0, math.pi - 0.01):
        z = between(vector(1.0, 0.0), vector(math.cos(angle), math.sin(angle)), 101, "slerp")
        assert z.isfinite().all()
        torch.testing.assert_close(z.norm(dim=1), torch.ones(101), atol=1e-3, rtol=0)
        assert z.diff(dim=0).norm(dim=1).max() < 2 * angle / 100


def test_unknown_kind_of_path_is_an_error() -> None:
    with pytest.raises(ValueError, match="kind is 'bezier'"):
        between(vector(1.0), vector(2.0), 3, "bezier")


def test_fluent_way_leaves_the_searched_codes_for_the_means_and_goes_past_a_place() -> None:
    mu, z = torch.tensor([[0.0, 0.0], [4.0, 0.0]]), torch.tensor([[0.0, 1.0], [4.0, -1.0]])
    way = points_between(Way(mu, z, vector(2.0, 2.0)), torch.linspace(0, 1, 13), "fluent")
    bend = 4 * 0.7 * torch.linspace(0, 1, 13) * torch.linspace(1, 0, 13)
    added = vector(1, 0.75, 0.5, 0.25, 0, 0, 0, 0, 0, -0.25, -0.5, -0.75, -1)
    torch.testing.assert_close(way[:, 1], 2 * bend + added)
    straight = torch.linspace(0, 4, 13)
    torch.testing.assert_close(way[:, 0], straight + bend * (2 - straight))
    near = points_between(Way(mu, z, vector(2.0, 2.0), 0.25), torch.linspace(0, 1, 13), "fluent")
    torch.testing.assert_close(
        near, 0.25 * way + 0.75 * points_between(Way(mu, z, mu[0]), torch.linspace(0, 1, 13), "lerp")
    )


def test_path_the_other_way_round_is_the_same_path(text_model: TextModel) -> None:
    there, back = find_path(text_model, A, B), find_path(text_model, B, A)
    assert {stop.text for stop in there[1:-1]} == {stop.text for stop in back[1:-1]}


@pytest.mark.parametrize("kind", KINDS)
def test_path_holds_each_sentence_once_with_its_stretch(text_model: TextModel, kind: str) -> None:
    path = find_path(text_model, A, B, kind=kind)
    first, last = reconstruct(text_model, [A, B])
    assert (path[0].text, path[-1].text) == (first.text, last.text)
    assert (path[0].z, path[-1].z) == (pytest.approx(first.z), pytest.approx(last.z))
    texts = [stop.text for stop in path]
    assert len(set(texts)) == len(texts) > 2
    assert (path[0].begin, path[-1].end) == (0, 1)
    for stop, following in pairwise(path):
        assert stop.begin < stop.end == following.begin
    assert decode(text_model, torch.tensor([stop.z for stop in path])) == texts
    assert [point.text for point in interpolate(text_model, A, B, kind=kind, distinct=True)] == texts


@pytest.mark.parametrize("kind", KINDS)
def test_fluent_path_leaves_out_sentences_with_made_up_words(text_model: TextModel, kind: str) -> None:
    path = [stop.text for stop in find_path(replace(text_model, lexicon=None), A, B, kind=kind)]
    ends = set(words_of(f"{path[0]} {path[-1]}"))
    strange = next(word for text in path[1:-1] for word in words_of(text) if word not in ends)
    words = [word for word in words_of(" ".join(path[1:-1])) if word != strange]
    lexicon = lexicon_of(words, words)
    assert lexicon is not None
    left = find_path(replace(text_model, lexicon=lexicon), A, B, kind=kind)
    expected = [text for text in path if kind != "fluent" or strange not in words_of(text)]
    assert [stop.text for stop in left] == expected
    assert (left[0].begin, left[-1].end) == (0, 1)
    assert all(stop.end == following.begin for stop, following in pairwise(left))


def test_path_finds_at_least_what_even_steps_do(text_model: TextModel) -> None:
    steps = {point.text for point in interpolate(text_model, A, B, steps=33)}
    assert steps <= {stop.text for stop in find_path(text_model, A, B)}


def test_path_from_a_sentence_to_itself_is_one_stop_or_returns(text_model: TextModel) -> None:
    path = find_path(text_model, A, A, kind="lerp")
    assert [(stop.begin, stop.end) for stop in path] == [(0, 1)]


def test_paths_decoded_together_are_those_decoded_alone(text_model: TextModel) -> None:
    pairs = [(A, "a dog wants the red ball."), ("my sister likes a green apple.", "a letter.")]
    for pair, path in zip(pairs, find_paths(text_model, pairs), strict=True):
        alone = find_path(text_model, *pair)
        assert [stop.text for stop in path] == [stop.text for stop in alone]
        assert [z for stop in path for z in stop.z] == pytest.approx([z for s in alone for z in s.z], abs=1e-4)
