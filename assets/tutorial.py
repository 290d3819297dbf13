"""The well-known tutorial's text VAE in its four steps, under its own names, made to work.

It keeps the tutorial's plainness (whole words, random padded batches, a full softmax, no trick against
collapse): it is the baseline that the `vae` package is measured against.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.optim import Optimizer
from torch.utils.data import DataLoader

PAD, BOS, EOS, UNK = range(4)
SUBJECTS = ("the cat", "a child", "my sister", "our teacher")
DEEDS = ("sees the moon", "draws a house", "likes the garden", "paints a river", "finds the key")
CORPUS = [f"{subject} {deed} ." for subject in SUBJECTS for deed in DEEDS]


# Step 1: prepare the data.
class Vocabulary:
    """The most frequent whole words of some sentences, `size` of them with the four marks (None: all)."""

    def __init__(self, sentences: Iterable[str], size: int | None = None) -> None:
        counts = Counter(word for sentence in sentences for word in sentence.split())
        frequent = counts.most_common(None if size is None else max(0, size - 4))
        self.words = ["<pad>", "<bos>", "<eos>", "<unk>", *(word for word, _ in frequent)]
        self.ids = {word: i for i, word in enumerate(self.words)}

    def encode(self, text: str) -> list[int]:
        """The id of each word, UNK for one that is not known."""
        return [self.ids.get(word, UNK) for word in text.split()]


def load_data(sentences: Sequence[str], vocabulary: Vocabulary, batch_size: int = 32) -> DataLoader[Tensor]:
    """Random batches x (B, T) of word ids: BOS, the words, EOS, then PAD up to the longest of the batch."""
    rows = [torch.tensor([BOS, *vocabulary.encode(sentence), EOS]) for sentence in sentences]
    pad = partial(pad_sequence, batch_first=True, padding_value=PAD)
    return DataLoader(rows, batch_size, shuffle=True, collate_fn=pad)  # type: ignore[arg-type]  # a list will do


# Step 2: build the model.
class VAE(nn.Module):
    """LSTM encoder to mu and logvar, LSTM decoder that starts from z. `generate_text` needs `vocabulary`."""

    def __init__(
        self, vocab_size: int, hidden_dim: int, latent_dim: int, *,
        embedding_dim: int | None = None, vocabulary: Vocabulary | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        embedding_dim = embedding_dim or hidden_dim
        self.latent_dim, self.vocabulary = latent_dim, vocabulary
        self.embedding = nn.Embedding(vocab_size, embedding_dim, padding_idx=PAD)
        # Printed: nn.Sequential(nn.LSTM(...), nn.Linear(...)). It fails at once: an LSTM returns the
        # tuple (outputs, (h, c)), which no linear layer takes. So the modules stand apart.
        self.encoder = nn.LSTM(embedding_dim, hidden_dim, batch_first=True)
        self.to_mu, self.to_logvar = nn.Linear(hidden_dim, latent_dim), nn.Linear(hidden_dim, latent_dim)
        self.to_state = nn.Linear(latent_dim, 2 * hidden_dim)
        self.decoder = nn.LSTM(embedding_dim, hidden_dim, batch_first=True)
        self.to_words = nn.Linear(hidden_dim, vocab_size)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, T) -> mu, logvar, each (B, D)."""
        lengths = (x != PAD).sum(1).cpu()
        packed = pack_padded_sequence(self.embedding(x), lengths, batch_first=True, enforce_sorted=False)
        _, (h, _) = self.encoder(packed)  # the state after the last word: packing keeps the padding out
        return self.to_mu(h[-1]), self.to_logvar(h[-1])

    def reparameterize(self, mu: Tensor, logvar: Tensor) -> Tensor:
        """mu + sigma * noise, (B, D), so that gradients reach mu and logvar."""
        return mu + torch.randn_like(mu) * (0.5 * logvar).exp()

    def decode(self, words: Tensor, z: Tensor) -> Tensor:
        """words (B, T), z (B, D) -> logits (B, T, V) of the word that follows each."""
        # Printed: the decoder reads z alone and never knows which word it has just said, so it can learn
        # no grammar. Here it reads the sentence so far (teacher forcing), and z is its first state.
        h, c = self.to_state(z).tanh().unsqueeze(0).chunk(2, dim=-1)  # (1, B, H) each
        outputs, _ = self.decoder(self.embedding(words), (h.contiguous(), c.contiguous()))
        return self.to_words(outputs)  # type: ignore[no-any-return]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x (B, T) -> logits (B, T - 1, V) of x[:, 1:], mu (B, D), logvar (B, D)."""
        mu, logvar = self.encode(x)
        return self.decode(x[:, :-1], self.reparameterize(mu, logvar)), mu, logvar


# Step 3: train it.
def loss_function(recon: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Negative ELBO, nats a sentence: cross-entropy of x[:, 1:] (no PAD) plus KL(q(z|x) || N(0, I))."""
    # Printed: the cross-entropy is a mean over words, the KL a sum. The KL then weighs hundreds of times
    # too much, and the model gets rid of it by ignoring z. Both must be sums over the same batch.
    nll = cross_entropy(recon.flatten(0, 1), x[:, 1:].flatten(), ignore_index=PAD, reduction="sum")
    kl = -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum()
    return (nll + kl) / len(x)


def train(model: VAE, data_loader: DataLoader[Tensor], optimizer: Optimizer, epochs: int) -> list[float]:
    """Train for `epochs` passes over the data; returns the mean loss of each, in nats a sentence."""
    device, history = next(model.parameters()).device, []
    for epoch in range(epochs):
        total, sentences = 0.0, 0
        for x in (batch.to(device) for batch in data_loader):
            recon, mu, logvar = model(x)
            loss = loss_function(recon, x, mu, logvar)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total, sentences = total + loss.item() * len(x), sentences + len(x)
        history.append(total / sentences)
        print(f"epoch {epoch + 1}: {history[-1]:.2f} nats a sentence")
    return history


# Step 4: generate text.
@torch.no_grad()
def generate_text(model: VAE, start_text: str, max_len: int) -> str:
    """Draw z from the prior and continue `start_text` word by word, up to `max_len` words in all.

    All draws follow `torch.manual_seed`. An unknown start word stays in the text and is read as <unk>.
    """
    if model.vocabulary is None:
        raise ValueError("generate_text needs words: build the model with VAE(..., vocabulary=...)")
    words, ids = start_text.split(), [BOS, *model.vocabulary.encode(start_text)]
    # Printed: the LSTM's (h, c) is taken for z, and an embedding with one axis too many (4-D) is fed. But z
    # is a draw from N(0, I), (h, c) is made of it, and what is fed are word ids (1, T), embedded once.
    z = torch.randn(1, model.latent_dim, device=next(model.parameters()).device)
    while len(words) < max_len:
        logits = model.decode(torch.tensor([ids], device=z.device), z)[0, -1]  # (V,)
        logits[[PAD, BOS, UNK]] = float("-inf")  # marks are no words
        ids.append(int(torch.multinomial(logits.softmax(-1), 1)))
        if ids[-1] == EOS:
            break
        words.append(model.vocabulary.words[ids[-1]])
    return " ".join(words)


if __name__ == "__main__":
    torch.manual_seed(0)
    vocabulary = Vocabulary(CORPUS)
    model = VAE(len(vocabulary.words), hidden_dim=64, latent_dim=8, vocabulary=vocabulary)
    train(model, load_data(CORPUS, vocabulary, 5), torch.optim.Adam(model.parameters(), lr=0.005), epochs=30)
    for start_text in ("the cat", "my sister", "our", "a", ""):
        print(generate_text(model, start_text, max_len=12))
