"""Codes found by search."""

from __future__ import annotations

import pytest
import torch

from vae.data.batches import Tokens
from vae.model import refinement
from vae.model.checkpoint import Checkpoint
from vae.model.refinement import search
from vae.model.text_model import TextModel, decode, encode, find_codes
from vae.text.corpus import Corpus
from vae.text.edit_distance import edit_distance


@pytest.fixture(scope="module")
def sentences(corpus: Corpus) -> list[str]:
    return list(corpus.sentences[::5])


def exact(tm: TextModel, z: torch.Tensor, sentences: list[str]) -> int:
    return sum(a == b for a, b in zip(decode(tm, z), sentences, strict=True))


def test_search_finds_codes_that_say_more_sentences(text_model: TextModel, sentences: list[str]) -> None:
    codes = find_codes(text_model, sentences, refine=40)
    assert torch.equal(codes.mu, encode(text_model, sentences).mu)
    assert exact(text_model, codes.z, sentences) >= exact(text_model, codes.mu, sentences) + 5


def test_what_the_mean_says_already_moves_no_further(text_model: TextModel, sentences: list[str]) -> None:
    codes = find_codes(text_model, sentences)
    said = decode(text_model, codes.mu)
    still = [a == b for a, b in zip(said, sentences, strict=True)]
    assert any(still)
    assert not all(still)
    moved = (codes.z != codes.mu).any(1).tolist()
    assert not any(m for m, s in zip(moved, still, strict=True) if s)


def test_no_code_is_further_from_its_sentence_than_the_mean(text_model: TextModel, corpus: Corpus) -> None:
    strange = ["zebra quartz!", "x" * 90, "the the the the", "", *corpus.sentences[:6]]
    codes = find_codes(text_model, strange, refine=3)

    def far(z: torch.Tensor) -> list[int]:
        encode_ids = text_model.tokenizer.encode
        said, wanted = encode_ids(decode(text_model, z)), encode_ids(strange)
        return [edit_distance(a, b) for a, b in zip(said, wanted, strict=True)]

    assert all(after <= before for after, before in zip(far(codes.z), far(codes.mu), strict=True))


def test_search_says_which_it_found_as_decoding_does(text_model: TextModel, sentences: list[str]) -> None:
    batch = Tokens.of(text_model.tokenizer.encode(sentences)).batch(range(len(sentences)))
    found = search(text_model.model, batch, encode(text_model, sentences).mu.clone(), 10)
    said = decode(text_model, found.z)
    assert found.exact.tolist() == [a == b for a, b in zip(said, sentences, strict=True)]


def test_a_code_does_not_depend_on_its_company(text_model: TextModel, sentences: list[str]) -> None:
    together = find_codes(text_model, sentences).z
    for row in (0, 7, len(sentences) - 1):
        torch.testing.assert_close(find_codes(text_model, [sentences[row]]).z[0], together[row], atol=1e-3, rtol=0)


def test_search_leaves_the_weights_and_their_gradients_alone(checkpoint: Checkpoint, sentences: list[str]) -> None:
    model = checkpoint.text_model.model
    assert isinstance(model, torch.nn.Module)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    find_codes(checkpoint.text_model, sentences[:4])
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_no_steps_give_the_means(text_model: TextModel, sentences: list[str]) -> None:
    codes = find_codes(text_model, sentences, refine=0)
    assert torch.equal(codes.z, codes.mu)


def test_steps_out_of_range_are_named(text_model: TextModel) -> None:
    with pytest.raises(ValueError, match="refine is -1"):
        find_codes(text_model, ["a"], refine=-1)


def test_a_word_that_no_decoder_can_say_does_not_stop_the_search(text_model: TextModel) -> None:
    batch = Tokens.of([[1, 30, 31]]).batch([0])  # begun by the mark of unknown words
    found = search(text_model.model, batch, torch.zeros(1, text_model.latent), refinement.STEPS)
    assert found.z.isfinite().all()
    assert not found.exact.any()
