"""What the families with a latent space share: an encoder of corrupted sentences, and the bag of words."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vae.config.config import Config
from vae.data.batches import Batch
from vae.model.counter_rng import CounterRng
from vae.model.families.base import DecoderModel
from vae.model.layers.corruption import blank_words, corrupt, dropout
from vae.model.layers.encoder import Encoder
from vae.model.layers.initial_weights import initialize
from vae.text.tokenizer import EOS_ID, UNK_ID


class Autoencoder(DecoderModel):
    """LSTM encoder -> the `outputs` numbers that a family makes z of; z -> LSTM decoder."""

    def __init__(self, config: Config, vocabulary: int, outputs: int) -> None:
        super().__init__(config, vocabulary)
        self.encoder = Encoder(
            config.embedding, config.encoder_hidden, config.bidirectional, config.pooling, config.layer_norm
        )
        self.to_posterior = nn.Linear(self.encoder.size, outputs)
        self.bag = nn.Linear(config.latent, self.decoder.feature_size)
        self.encoder_embedding = None if config.tied else nn.Embedding(vocabulary, config.embedding)
        if self.encoder_embedding is not None:
            initialize(self.encoder_embedding, "scaled")

    def embed_for_encoder(self, tokens: Tensor) -> Tensor:
        """(B, T) -> (B, T, E)."""
        table = self.embedding if self.encoder_embedding is None else self.encoder_embedding
        embedded: Tensor = table(tokens)
        return embedded

    def embed_inputs(self, batch: Batch, rng: CounterRng | None) -> tuple[Tensor, Tensor, Tensor]:
        """The encoder's inputs embedded, their lengths, and the decoder's inputs embedded: (B, T, E), (B,), (B, T, E).

        With `rng`, as in training: words of both are corrupted, and features of the first drop out.
        """
        config = self.config
        corrupted, lengths = corrupt(
            batch.tokens, batch.lengths, config.noise_kind, config.encoder_noise, len(self.bias), rng
        )
        previous = blank_words(batch.inputs, config.word_dropout, UNK_ID, EOS_ID + 1, rng)
        if self.encoder_embedding is not None:
            x, y = self.encoder_embedding(corrupted), self.embedding(previous)
        else:
            x, y = self.embedding(torch.cat([corrupted, previous])).chunk(
                2
            )  # one lookup has one gradient, as large as the table
        if config.dropout_kind == "locked":
            x = dropout(x, config.dropout, rng)
        return x, lengths, y

    def token_loss_from_code(self, z: Tensor, batch: Batch, y: Tensor, rng: CounterRng | None) -> tuple[Tensor, Tensor]:
        """`token_loss`, with the bag of words where it has a weight. z: (B, D)."""
        bag = (self.bag(z), self.config.bag_of_words) if self.config.bag_of_words else None
        return self.token_loss(batch, y, z, rng, bag)
