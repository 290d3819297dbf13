"""Decoding, against models small enough to work out by hand, and rows that never influence each other."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from vae.config.config import Config
from vae.model.families.interface import Losses
from vae.model.families.vae import SentenceVAE
from vae.model.generation import beam_search, generate
from vae.text.tokenizer import BOS_ID, EOS_ID, PAD_ID, UNK_ID

WORDS = (4, 5, 6, 7)


class Place(NamedTuple):
    own: Tensor  # (N, V): what each row adds to every choice


class Bigrams:
    """The next token hangs on the last one, by a table of logits (V, V), and on the row's own leaning."""

    def __init__(self, table: Tensor) -> None:
        self.table = table

    def begin(self, n: int, z: Tensor | None = None) -> Place:
        return Place(torch.zeros(n, self.table.shape[1]) if z is None else z)

    def advance(self, tokens: Tensor, state: Place) -> tuple[Tensor, Place]:
        return self.table[tokens] + state.own, state

    @property
    def device(self) -> torch.device:
        return self.table.device

    def step(self, batch: Any, t: int) -> Losses:
        raise NotImplementedError

    losses = step


def bigrams(seed: int, spread: float = 1.5) -> Bigrams:
    return Bigrams(spread * torch.randn(8, 8, generator=torch.Generator().manual_seed(seed)))


def leanings(n: int, seed: int = 9) -> Tensor:
    return torch.randn(n, 8, generator=torch.Generator().manual_seed(seed))


def log_p(model: Bigrams, own: Tensor, last: int) -> Tensor:
    """Of the next token, marks that no sentence holds left out: (V,)."""
    logits = (model.table[last] + own).double()
    logits[[PAD_ID, UNK_ID, BOS_ID]] = -math.inf
    return logits.log_softmax(-1)


def score(model: Bigrams, own: Tensor, sentence: list[int], penalty: float) -> float:
    """log p of a sentence with its end, over length ** penalty."""
    tokens = [BOS_ID, *sentence, EOS_ID]
    total = sum(float(log_p(model, own, last)[token]) for last, token in itertools.pairwise(tokens))
    return total / math.pow(len(sentence) + 1, penalty)


@pytest.fixture(scope="module")
def network() -> SentenceVAE:
    config = Config(embedding=8, encoder_hidden=8, hidden=12, latent=3)
    with torch.random.fork_rng():
        torch.manual_seed(27)
        model = SentenceVAE(config, 30)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(3.0)
            model.bias[EOS_ID] += 3.0
        return model.eval()


@pytest.fixture(scope="module")
def z() -> Tensor:
    return torch.randn(12, 3, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("seed", range(5))
def test_greedy_takes_the_likeliest_token_each_time(seed: int) -> None:
    model, own = bigrams(seed), leanings(6, seed)
    expected = []
    for row in own:
        sentence: list[int] = []
        last = BOS_ID
        while len(sentence) < 20 and (last := int(log_p(model, row, last).argmax())) != EOS_ID:
            sentence.append(last)
        expected.append(sentence)
    assert generate(model, model.begin(6, own), 6, max_tokens=20) == expected


@torch.no_grad()
def logits_behind(network: SentenceVAE, z: Tensor, said: list[int]) -> Tensor:
    """Of the next token, by the whole pass of the decoder over all of them: (V,)."""
    x = network.embedding(torch.tensor([[BOS_ID, *said]]))
    logits = network.decoder(x, z[None], 0.0, None)[0, -1] @ network.embedding.weight.T + network.bias
    logits[[PAD_ID, UNK_ID, BOS_ID]] = -math.inf
    return logits


def test_greedy_says_what_the_whole_pass_says(network: SentenceVAE, z: Tensor) -> None:
    for own, found in zip(z, generate(network, network.begin(12, z), 12, max_tokens=25), strict=True):
        said: list[int] = []
        while len(said) < 25 and (best := int(logits_behind(network, own, said).argmax())) != EOS_ID:
            said.append(best)
        assert found == said


@pytest.mark.parametrize("beams", [1, 2, 5])
def test_beam_says_what_a_slow_search_says(network: SentenceVAE, z: Tensor, beams: int) -> None:
    found = beam_search(network, network.begin(12, z), 12, beams=beams, max_tokens=12, margin=math.inf)
    for row, own in enumerate(z):
        best, best_score = [], -math.inf
        candidates: list[tuple[float, list[int]]] = [(0.0, [])]
        for length in range(1, 13):
            longer = []
            for so_far, said in candidates:
                for token, gain in enumerate(logits_behind(network, own, said).log_softmax(-1).tolist()):
                    if token == EOS_ID and (so_far + gain) / length**0.7 > best_score:
                        best, best_score = said, (so_far + gain) / length**0.7
                    elif token != EOS_ID:
                        longer.append((so_far + gain, [*said, token]))
            candidates = sorted(longer, reverse=True)[:beams]
        assert found[row] == best


def test_candidates_far_behind_are_given_up_unless_asked_not_to() -> None:
    table = torch.full((8, 8), -30.0)
    # 5 is 4 nats less likely than 4, behind which nothing is likely
    for last, following, p in (
        (BOS_ID, 4, 0.982), (BOS_ID, 5, 0.018), (5, EOS_ID, 1.0), (4, 6, 0.05), (4, 7, 0.95), (7, 7, 0.999),
        (7, EOS_ID, 1e-6), (6, EOS_ID, 1e-6), (6, 6, 0.999),
    ):  # fmt: skip
        table[last, following] = math.log(p)
    model = Bigrams(table)
    assert beam_search(model, model.begin(1), 1, max_tokens=9, margin=math.inf) == [[5]]
    assert beam_search(model, model.begin(1), 1, max_tokens=9)[0][0] == 4


def test_greedy_rows_do_not_hang_on_their_batch(network: SentenceVAE, z: Tensor) -> None:
    together = generate(network, network.begin(12, z), 12, max_tokens=25)
    assert len({len(row) for row in together}) > 2  # rows end at different times
    for row in range(12):
        assert generate(network, network.begin(1, z[row : row + 1]), 1, max_tokens=25) == [together[row]]


@pytest.mark.parametrize("beams", [1, 2, 5])
def test_beam_rows_do_not_hang_on_their_batch(network: SentenceVAE, z: Tensor, beams: int) -> None:
    together = beam_search(network, network.begin(12, z), 12, beams=beams, max_tokens=25)
    for row in range(12):
        alone = beam_search(network, network.begin(1, z[row : row + 1]), 1, beams=beams, max_tokens=25)
        assert alone == [together[row]]


@pytest.mark.parametrize("penalty", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_beam_wide_enough_finds_the_best_of_all_sentences(seed: int, penalty: float) -> None:
    model, own = bigrams(seed), leanings(5, seed)
    every = [list(s) for n in range(3) for s in itertools.product(WORDS, repeat=n)]  # with its end 3 tokens at most
    for row, found in enumerate(
        beam_search(model, model.begin(5, own), 5, beams=64, max_tokens=3, length_penalty=penalty, margin=math.inf)
    ):
        best = max(every, key=lambda sentence: score(model, own[row], sentence, penalty))
        assert found == best


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize("seed", range(6))
def test_beam_scores_no_worse_than_greedy(seed: int, beams: int) -> None:
    model, own = bigrams(seed), leanings(8, seed)
    greedy = generate(model, model.begin(8, own), 8, max_tokens=12)
    found = beam_search(model, model.begin(8, own), 8, beams=beams, max_tokens=12)
    for row in range(8):
        if len(greedy[row]) < 12:  # greedy came to an end
            assert score(model, own[row], found[row], 0.7) >= score(model, own[row], greedy[row], 0.7) - 1e-6


def test_beam_of_one_is_greedy_where_ends_are_plain() -> None:
    table = torch.full((8, 8), -9.0)
    for last, following in ((BOS_ID, 4), (4, 6), (6, 5), (5, EOS_ID)):
        table[last, following] = 0.0
    model = Bigrams(table)
    assert beam_search(model, model.begin(2), 2, beams=1) == generate(model, model.begin(2), 2) == [[4, 6, 5]] * 2


def test_beam_finds_what_greedy_walks_past() -> None:
    table = torch.full((8, 8), -20.0)
    # greedy takes 4, behind which everything is unlikely; 5 is a little less likely, and then sure
    for last, following, p in (
        (BOS_ID, 4, 0.6), (BOS_ID, 5, 0.4), (4, 6, 0.3), (4, 7, 0.35), (4, 5, 0.35), (5, EOS_ID, 1.0), (6, EOS_ID, 1.0),
        (7, EOS_ID, 1.0),
    ):  # fmt: skip
        table[last, following] = math.log(p)
    model = Bigrams(table)
    assert generate(model, model.begin(1), 1)[0][0] == 4
    assert beam_search(model, model.begin(1), 1, beams=2) == [[5]]


def test_draws_follow_the_models_probabilities() -> None:
    model, own = bigrams(1), leanings(1)[0]
    n, temperature = 20_000, 0.7
    rows = generate(
        model, model.begin(n, own.expand(n, 8)), n, max_tokens=1, temperature=temperature,
        generator=torch.Generator().manual_seed(1),
    )  # fmt: skip
    drawn = Counter(row[0] if row else EOS_ID for row in rows)
    expected = (log_p(model, own, BOS_ID) / temperature).softmax(-1)
    for token in range(8):
        assert drawn[token] / n == pytest.approx(float(expected[token]), abs=0.015)


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({"top_k": 1}, {4}),
        ({"top_k": 2}, {4, 5}),
        ({"top_k": 100}, {4, 5, 6, 7, EOS_ID}),
        ({"top_p": 0.0}, {4}),
        ({"top_p": 0.39}, {4}),
        ({"top_p": 0.41}, {4, 5}),
        ({"top_p": 0.85}, {4, 5, 6}),
        ({"top_p": 1.0}, {4, 5, 6, 7, EOS_ID}),
        ({"top_k": 3, "top_p": 0.7}, {4, 5}),  # .4 of the .85 that three hold, and the .3 that reach .7 of it
    ],
)  # fmt: skip
def test_draws_stay_within_the_likeliest(options: dict[str, Any], allowed: set[int]) -> None:
    p = {4: 0.4, 5: 0.3, 6: 0.15, 7: 0.1, EOS_ID: 0.05}
    table = torch.full((8, 8), -math.inf)
    for token, share in p.items():
        table[BOS_ID, token] = math.log(share)
    model, n = Bigrams(table), 4000
    rows = generate(
        model, model.begin(n), n, max_tokens=1, temperature=1.0, generator=torch.Generator().manual_seed(1), **options
    )
    drawn = Counter(row[0] if row else EOS_ID for row in rows)
    assert set(drawn) == allowed
    inside = sum(p[token] for token in allowed)
    for token in allowed:
        assert drawn[token] / n == pytest.approx(p[token] / inside, abs=0.04)


@pytest.mark.parametrize("options", [{}, {"top_p": 0.8}, {"top_p": 0.999}, {"top_k": 30, "top_p": 0.9}, {"top_k": 70}])
def test_draws_from_many_words_follow_their_probabilities(options: dict[str, Any]) -> None:
    n, generator = 40_000, torch.Generator().manual_seed(1)
    # half of the rows know what comes next, the others hold nearly everything possible
    own = torch.stack([torch.randn(200, generator=generator) * spread for spread in (4.0, 0.3)])
    own[:, :EOS_ID] = -math.inf
    model = Bigrams(torch.zeros(200, 200))
    rows = generate(
        model, model.begin(n, own.repeat(n // 2, 1)), n, max_tokens=1, temperature=1.0, generator=generator, **options
    )
    for which in (0, 1):
        p, places = own[which].softmax(-1).sort(descending=True)
        p[options.get("top_k", 200) :] = 0
        p[p.cumsum(0) - p >= options.get("top_p", 1.0) * p.sum()] = 0
        expected = torch.zeros(200).index_add_(0, places, p / p.sum())
        drawn = torch.tensor([row[0] if row else EOS_ID for row in rows[which::2]]).bincount(minlength=200)
        assert not drawn[expected == 0].any()
        surprise = ((drawn / (n / 2) - expected) / (expected / (n / 2)).sqrt())[expected > 0]  # standard deviations
        assert surprise.abs().max() < 4.5
        assert surprise.square().mean() == pytest.approx(1, abs=5 * math.sqrt(2 / len(surprise)))


@pytest.mark.parametrize("options", [{}, {"top_p": 0.7}, {"top_k": 3}])
def test_drawn_rows_do_not_hang_on_the_rows_behind_them(
    network: SentenceVAE, z: Tensor, options: dict[str, Any]
) -> None:
    def said(n: int) -> list[list[int]]:
        generator = torch.Generator().manual_seed(1)
        return generate(
            network, network.begin(n, z[:n]), n, max_tokens=25, temperature=1.0, generator=generator, **options
        )

    together = said(12)
    assert len({len(row) for row in together}) > 2
    for n in (1, 5, 11):
        assert said(n) == together[:n]


@pytest.mark.parametrize("beams", [0, 4])
def test_sentences_that_have_ended_cost_nothing(beams: int) -> None:
    advanced = []

    class Counting(Bigrams):
        def advance(self, tokens: Tensor, state: Place) -> tuple[Tensor, Place]:
            advanced.append(len(tokens))
            return super().advance(tokens, state)

    table = torch.full((8, 8), -9.0)
    table[:, 4] = 0.0
    own = torch.zeros(200, 8)
    own[20:, EOS_ID] = 20.0  # nine in ten end at once
    own[:20, EOS_ID] = -math.inf
    model = Counting(table)
    if beams:
        rows = beam_search(model, model.begin(200, own), 200, beams=beams, max_tokens=10)
    else:
        rows = generate(model, model.begin(200, own), 200, max_tokens=10)
    assert [len(row) for row in rows] == [10] * 20 + [0] * 180
    assert advanced[0] >= 200
    assert max(advanced[1:]) <= 24 * max(1, beams)


def test_each_row_is_cut_by_its_own_likeliest() -> None:
    own = torch.full((200, 8), -9.0)
    for row in range(200):
        own[row, 4 + row % 4] = 1.0
    model = Bigrams(torch.zeros(8, 8))
    for options in ({"top_k": 1}, {"top_p": 0.5}):
        rows = generate(
            model, model.begin(200, own), 200, max_tokens=1, temperature=1.0,
            generator=torch.Generator().manual_seed(1), **options,
        )  # fmt: skip
        assert rows == [[4 + row % 4] for row in range(200)]


def test_marks_are_never_said() -> None:
    table = torch.zeros(8, 8)
    table[:, [PAD_ID, UNK_ID, BOS_ID]] = 50.0
    model = Bigrams(table)
    generator = torch.Generator().manual_seed(1)
    for rows in (
        generate(model, model.begin(50), 50, max_tokens=9, temperature=2.0, generator=generator),
        generate(model, model.begin(2), 2, max_tokens=9),
        beam_search(model, model.begin(2), 2, beams=3, max_tokens=9),
    ):
        assert {token for row in rows for token in row} <= set(WORDS)


def test_temperature_near_zero_is_greedy() -> None:
    model, own = bigrams(3), leanings(20)
    greedy = generate(model, model.begin(20, own), 20, max_tokens=9)
    for temperature in (1e-5, 1e-12, 1e-300):
        rows = generate(
            model, model.begin(20, own), 20, max_tokens=9, temperature=temperature, generator=torch.Generator()
        )
        assert rows == greedy


def test_same_generator_gives_the_same_sentences() -> None:
    model, own = bigrams(3), leanings(20)
    first, again, other = (
        generate(model, model.begin(20, own), 20, temperature=1.0, generator=torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    )
    assert first == again != other


@pytest.mark.parametrize("beams", [0, 3])
def test_prefix_is_said_first_and_then_continued(network: SentenceVAE, z: Tensor, beams: int) -> None:
    prefix = [9, 17, 4]
    if beams:
        rows = beam_search(network, network.begin(12, z), 12, beams=beams, max_tokens=15, prefix=prefix)
    else:
        rows = generate(network, network.begin(12, z), 12, max_tokens=15, prefix=prefix)
    assert all(row[:3] == prefix for row in rows)
    assert any(len(row) > 3 for row in rows)
    # what follows is what the model says behind these tokens
    state = network.begin(12, z)
    with torch.inference_mode():
        for token in (BOS_ID, *prefix):
            logits, state = network.advance(torch.full((12,), token), state)
        logits[:, [UNK_ID, BOS_ID]] = -math.inf
    if not beams:
        for row, best in zip(rows, logits.argmax(-1).tolist(), strict=True):
            assert row[3:4] == ([] if best == EOS_ID else [best])


@pytest.mark.parametrize("longest", [1, 2, 7])
def test_no_sentence_is_longer_than_allowed(longest: int) -> None:
    table = torch.zeros(8, 8)
    table[:, EOS_ID] = -math.inf
    model = Bigrams(table)
    for rows in (
        generate(model, model.begin(3), 3, max_tokens=longest),
        generate(model, model.begin(3), 3, max_tokens=longest, temperature=1.0, generator=torch.Generator()),
        beam_search(model, model.begin(3), 3, beams=2, max_tokens=longest),
    ):
        assert [len(row) for row in rows] == [longest] * 3


def test_prefix_that_fills_the_sentence_is_the_sentence() -> None:
    model = bigrams(1)
    assert generate(model, model.begin(2), 2, max_tokens=2, prefix=[4, 5]) == [[4, 5]] * 2
    assert beam_search(model, model.begin(2), 2, max_tokens=2, prefix=[4, 5]) == [[4, 5]] * 2


def test_no_rows_are_no_sentences(network: SentenceVAE) -> None:
    assert generate(network, network.begin(0, torch.empty(0, 3)), 0) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -0.1), ("temperature", math.nan), ("temperature", math.inf), ("top_k", -1), ("top_p", -0.01),
        ("top_p", 1.01), ("top_p", math.nan), ("max_tokens", 0), ("max_tokens", 10**9),
    ],
)  # fmt: skip
def test_parameter_out_of_range_is_named(name: str, value: float) -> None:
    model = bigrams(1)
    options: dict[str, Any] = {"temperature": 1.0, name: value}
    with pytest.raises(ValueError, match=f"{name} is {value!r}"):
        generate(model, model.begin(1), 1, **options)


def test_model_whose_figures_are_no_numbers_is_an_error() -> None:
    model = Bigrams(torch.full((8, 8), math.nan))
    with pytest.raises(ValueError, match="not numbers"):
        generate(model, model.begin(1), 1, temperature=1.0)


@pytest.mark.parametrize("beams", [0, -1, 65])
def test_number_of_beams_out_of_range_is_named(beams: int) -> None:
    model = bigrams(1)
    with pytest.raises(ValueError, match=f"beams is {beams}"):
        beam_search(model, model.begin(1), 1, beams=beams)
