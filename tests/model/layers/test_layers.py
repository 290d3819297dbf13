"""The two LSTMs and the noise: codes without a trace of the batch, and one step that equals the whole."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from vae.model.counter_rng import CounterRng
from vae.model.layers.corruption import blank_words, dropout
from vae.model.layers.decoder import Decoder
from vae.model.layers.encoder import Encoder
from vae.text.tokenizer import EOS_ID, UNK_ID

POOLINGS = ("last", "mean", "max", "attention")
WAYS = ("state+inputs+output", "state+inputs", "state", "inputs")


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        yield


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_code_depends_on_neither_padding_nor_batch(bidirectional: bool, pooling: str) -> None:
    encoder = encoder_of(bidirectional, pooling)
    lengths = torch.tensor([1, 7, 3, 4])
    x = torch.randn(4, 7, 6)
    together = encoder(x, lengths)
    assert together.shape == (4, encoder.size)
    for row, length in enumerate(lengths):
        alone = encoder(x[row : row + 1, :length], lengths[row : row + 1])
        torch.testing.assert_close(together[row : row + 1], alone, atol=1e-5, rtol=0)
    garbage = torch.where((torch.arange(7) < lengths[:, None])[..., None], x, 1e3)
    torch.testing.assert_close(encoder(garbage, lengths), together, atol=1e-5, rtol=0)


def encoder_of(bidirectional: bool, pooling: str) -> Encoder:
    encoder = Encoder(6, 5, bidirectional, pooling)
    if encoder.queries is not None:
        torch.nn.init.normal_(encoder.queries)
    return encoder


def pooled(states: Tensor, encoder: Encoder, direction: int) -> Tensor:
    """(T, 5) -> (5,)."""
    if encoder.pooling == "last":
        return states[-1]
    if encoder.pooling == "mean":
        return states.sum(0) / len(states)
    if encoder.pooling == "max":
        return states.amax(0)
    assert encoder.queries is not None
    weights = [math.exp((encoder.queries[direction] @ state).item()) for state in states]
    return torch.stack([w / sum(weights) * state for w, state in zip(weights, states, strict=True)]).sum(0)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_both_directions_equal_a_slow_loop_over_tokens(pooling: str) -> None:
    encoder = encoder_of(True, pooling)
    assert encoder.backwards is not None
    x = torch.randn(1, 4, 6)
    expected = []
    for lstm, order in ((encoder.forwards, range(4)), (encoder.backwards, range(3, -1, -1))):
        cell = torch.nn.LSTMCell(6, 5)
        cell.load_state_dict({name.removesuffix("_l0"): value for name, value in lstm.state_dict().items()})
        h, c = torch.zeros(1, 5), torch.zeros(1, 5)
        states = []
        for t in order:
            h, c = cell(x[:, t], (h, c))
            states.append(h[0])
        expected.append(pooled(torch.stack(states), encoder, len(expected)))
    torch.testing.assert_close(encoder(x, torch.tensor([4]))[0], torch.cat(expected), atol=1e-6, rtol=0)


@torch.no_grad()
def test_layer_norm_brings_states_and_summaries_to_one_scale() -> None:
    x, lengths, decoder_features = torch.randn(4, 7, 6), torch.tensor([1, 7, 3, 4]), []
    encoder, decoder = Encoder(6, 5, True, "max", True), Decoder(6, 5, 3, "inputs", True)
    decoder.features.register_forward_hook(lambda _, inputs, __: decoder_features.append(inputs[0]))
    decoder(x, torch.randn(4, 3))
    for normal in (encoder(x, lengths), decoder_features[0]):
        torch.testing.assert_close(normal.mean(-1), torch.zeros(normal.shape[:-1]), atol=1e-5, rtol=0)
        torch.testing.assert_close(normal.var(-1, correction=0), torch.ones(normal.shape[:-1]), atol=0.1, rtol=0)


def test_order_of_words_changes_the_code() -> None:
    encoder = Encoder(6, 5, True)
    x = torch.randn(1, 5, 6)
    assert (encoder(x, torch.tensor([5])) - encoder(x.flip(1), torch.tensor([5]))).abs().max() > 1e-3


@pytest.mark.parametrize("gradients", [False, True])
@pytest.mark.parametrize("z_to", WAYS)
@pytest.mark.parametrize("layer_norm", [False, True])
def test_steps_of_the_decoder_equal_its_whole_pass(gradients: bool, z_to: str, layer_norm: bool) -> None:
    decoder = Decoder(6, 5, 3, z_to, layer_norm)
    x, z = torch.randn(4, 9, 6), torch.randn(4, 3)
    with torch.set_grad_enabled(gradients):  # without them the products are others
        whole = decoder(x, z, 0.5, None)  # (4, 9, 6)
        state = decoder.begin(z)
        for t in range(9):
            features, state = decoder.advance(decoder.input_gates(x[:, t]), decoder.code_terms(z), state)
            torch.testing.assert_close(features, whole[:, t], atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("z_to", WAYS)
def test_z_enters_where_it_is_told_to_and_nowhere_else(z_to: str) -> None:
    decoder, (a, b) = Decoder(6, 5, 3, z_to), torch.randn(2, 1, 3)
    first = not torch.equal(decoder.begin(a)[0], decoder.begin(b)[0])
    gates, features = (not torch.equal(x, y) for x, y in zip(decoder.code_terms(a), decoder.code_terms(b), strict=True))
    entered = {"state": first, "inputs": gates, "output": features}
    assert {place for place, there in entered.items() if there} == set(z_to.split("+"))
    x = torch.randn(1, 4, 6)
    assert not torch.equal(decoder(x, a), decoder(x, b))


def test_decoder_listens_to_z_at_the_first_token_and_at_the_last() -> None:
    decoder = Decoder(6, 5, 3)
    x, z = torch.randn(1, 30, 6), torch.randn(1, 3)
    change = (decoder(x, z, 0.0, None) - decoder(x, z + 1, 0.0, None)).abs().amax(-1)[0]
    assert change.min() > 1e-3


def test_locked_dropout_hides_the_same_features_at_every_token() -> None:
    x = torch.ones(50, 8, 40)
    y = dropout(x, 0.3, CounterRng(1, 1, torch.arange(50)))
    assert torch.equal(y, y[:, :1].expand_as(y))
    assert y.unique().tolist() == pytest.approx([0.0, 1 / 0.7])
    assert (y[:, 0] == 0).float().mean().item() == pytest.approx(0.3, abs=0.05)
    assert len({tuple(row) for row in (y[:, 0] == 0).tolist()}) == 50  # a mask of its own for each sentence


def test_standard_dropout_hides_others_at_each_token_whatever_the_padding() -> None:
    x, rows = torch.ones(50, 8, 40), torch.arange(50)
    y = dropout(x, 0.3, CounterRng(1, 1, rows), "standard")
    assert (y == 0).float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert len({tuple(token) for token in (y == 0).flatten(0, 1).tolist()}) > 390
    assert torch.equal(y[:, :5], dropout(x[:, :5], 0.3, CounterRng(1, 1, rows), "standard"))


def test_nothing_is_hidden_without_noise() -> None:
    x, ids = torch.randn(2, 3, 4), torch.full((2, 3), 9)
    assert dropout(x, 0.9, None) is x
    assert dropout(x, 0.0, CounterRng(1, 1, torch.arange(2))) is x
    assert blank_words(ids, 0.9, UNK_ID, EOS_ID + 1, None) is ids


def test_blanked_words_are_the_asked_share_and_marks_stay() -> None:
    ids = torch.arange(8).repeat(2000, 1)
    blanked = blank_words(ids, 0.4, UNK_ID, EOS_ID + 1, CounterRng(1, 1, torch.arange(2000)))
    assert torch.equal(blanked[:, : EOS_ID + 1], ids[:, : EOS_ID + 1])
    words = blanked[:, EOS_ID + 1 :]
    hit = words == UNK_ID
    assert torch.equal(words[~hit], ids[:, EOS_ID + 1 :][~hit])
    assert hit.float().mean().item() == pytest.approx(0.4, abs=0.02)
    assert (blank_words(ids, 1.0, UNK_ID, 4, CounterRng(1, 1, torch.arange(2000)))[:, 4:] == UNK_ID).all()
