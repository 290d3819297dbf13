"""The tutorial's code keeps its promises: it runs, learns, and continues a text."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch.distributions import Normal, kl_divergence

PATH = Path(__file__).parents[2] / "assets" / "tutorial.py"


@pytest.fixture(scope="module")
def tutorial() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tutorial", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        yield


def test_model_returns_logits_of_each_next_word_and_the_posterior(tutorial: ModuleType) -> None:
    model = tutorial.VAE(vocab_size=11, hidden_dim=7, latent_dim=3, embedding_dim=5)
    x = torch.tensor([[1, 4, 5, 6, 2], [1, 10, 2, 0, 0]])
    recon, mu, logvar = model(x)
    assert recon.shape == (2, 4, 11)
    assert mu.shape == logvar.shape == (2, 3)


def test_padding_changes_neither_posterior_nor_loss(tutorial: ModuleType) -> None:
    model = tutorial.VAE(11, 7, 3)
    x = torch.tensor([[1, 4, 5, 2]])
    padded = torch.tensor([[1, 4, 5, 2, 0, 0, 0]])
    torch.testing.assert_close(model.encode(x), model.encode(padded))
    losses = []
    for rows in (x, padded):
        torch.manual_seed(2)
        recon, mu, logvar = model(rows)
        losses.append(tutorial.loss_function(recon, rows, mu, logvar))
    torch.testing.assert_close(losses[0], losses[1])


def test_decoder_listens_to_its_words_and_to_z(tutorial: ModuleType) -> None:
    model = tutorial.VAE(11, 7, 3)
    z = torch.randn(2, 3)
    words = torch.tensor([[1, 4, 5]])
    first = model.decode(words, z[:1])
    assert not torch.allclose(first[:, -1], model.decode(words, z[1:])[:, -1])
    other = model.decode(torch.tensor([[1, 6, 5]]), z[:1])
    torch.testing.assert_close(first[:, 0], other[:, 0])  # the past does not see the future
    assert not torch.allclose(first[:, -1], other[:, -1])


def test_loss_is_the_summed_cross_entropy_and_kl_of_a_sentence(tutorial: ModuleType) -> None:
    x = torch.tensor([[1, 4, 5, 2], [1, 6, 2, 0]])
    uniform = torch.zeros(2, 3, 8)
    mu, logvar = torch.randn(2, 5), torch.randn(2, 5)
    nll = 5 / 2 * torch.tensor(8.0).log()  # five words to say in two sentences, each one of eight
    kl = kl_divergence(Normal(mu, (0.5 * logvar).exp()), Normal(0.0, 1.0)).sum() / 2
    torch.testing.assert_close(tutorial.loss_function(uniform, x, mu, logvar), nll + kl)


def test_reparameterize_draws_from_the_posterior(tutorial: ModuleType) -> None:
    model = tutorial.VAE(11, 7, 3)
    mu = torch.tensor([0.0, 2.0, -1.0]).expand(20_000, 3)
    logvar = torch.tensor([0.0, -2.0, 1.0]).expand(20_000, 3)
    z = model.reparameterize(mu, logvar)
    torch.testing.assert_close(z.mean(0), mu[0], atol=0.05, rtol=0)
    torch.testing.assert_close(z.var(0), logvar[0].exp(), atol=0.05, rtol=0.05)


def test_vocabulary_keeps_the_most_frequent_words(tutorial: ModuleType) -> None:
    vocabulary = tutorial.Vocabulary(["b a a", "a b c"], size=6)
    assert vocabulary.words[4:] == ["a", "b"]
    assert vocabulary.encode("a c b") == [4, tutorial.UNK, 5]
    assert len(tutorial.Vocabulary(["b a a", "a b c"]).words) == 7


def test_training_lowers_the_loss_and_generation_continues_its_start(tutorial: ModuleType) -> None:
    vocabulary = tutorial.Vocabulary(tutorial.CORPUS)
    model = tutorial.VAE(len(vocabulary.words), 48, 4, vocabulary=vocabulary)
    data_loader = tutorial.load_data(tutorial.CORPUS, vocabulary, batch_size=5)
    losses = tutorial.train(model, data_loader, torch.optim.Adam(model.parameters(), lr=0.01), epochs=25)
    assert len(losses) == 25
    assert losses[-1] < 0.4 * losses[0]

    texts = []
    for seed in (3, 3, 4, 5, 6):
        torch.manual_seed(seed)
        texts.append(tutorial.generate_text(model, "the cat", max_len=12))
    assert texts[0] == texts[1]
    assert len(set(texts)) > 1
    assert all(text.startswith("the cat ") and len(text.split()) <= 12 for text in texts)
    assert set(texts) & set(tutorial.CORPUS)  # it has learned whole sentences


def test_generation_keeps_unknown_words_and_the_limit(tutorial: ModuleType) -> None:
    vocabulary = tutorial.Vocabulary(tutorial.CORPUS)
    model = tutorial.VAE(len(vocabulary.words), 8, 2, vocabulary=vocabulary)
    assert tutorial.generate_text(model, "the zebra sees", max_len=3) == "the zebra sees"
    assert tutorial.generate_text(model, "the zebra", max_len=9).startswith("the zebra")
    for mark in ("<pad>", "<bos>", "<eos>", "<unk>"):
        assert mark not in tutorial.generate_text(model, "", max_len=200)


def test_generation_without_a_vocabulary_says_what_to_do(tutorial: ModuleType) -> None:
    with pytest.raises(ValueError, match="vocabulary"):
        tutorial.generate_text(tutorial.VAE(11, 7, 3), "the", max_len=5)
