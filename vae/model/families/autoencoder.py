"""What the families with a latent space share: an encoder that reads noisy sentences, and the bag of words."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vae.config.config import Config
from vae.data.batches import Batch
from vae.model.counter_rng import CounterRng
from vae.model.families.base import DecoderModel
from vae.model.layers.corruption import blank_words, corrupt, locked_dropout
from vae.model.layers.encoder import Encoder
from vae.text.tokenizer import EOS_ID, UNK_ID


class Autoencoder(DecoderModel):
    """LSTM encoder -> so many figures as a family makes z of; z -> LSTM decoder."""

    def __init__(self, config: Config, vocabulary: int, figures: int) -> None:
        super().__init__(config, vocabulary)
        self.encoder = Encoder(
            config.embedding, config.encoder_hidden, config.bidirectional, config.pooling, config.layer_norm
        )
        self.to_posterior = nn.Linear(self.encoder.size, figures)
        self.bag = nn.Linear(config.latent, config.embedding)

    def heard(self, batch: Batch, noise: CounterRng | None) -> tuple[Tensor, Tensor, Tensor]:
        """What the encoder reads and how long it is, and what the decoder has seen before each token: (B, T, E), (B,),
        (B, T, E); with noise, words of both are changed, and features of the first are hidden."""
        config = self.config
        read, lengths = corrupt(
            batch.tokens, batch.lengths, config.noise_kind, config.encoder_noise, len(self.bias), noise
        )
        before = blank_words(batch.inputs, config.word_dropout, UNK_ID, EOS_ID + 1, noise)
        x, y = self.embedding(torch.cat([read, before])).chunk(2)  # one lookup has one gradient, as large as the table
        return locked_dropout(x, config.dropout, noise), lengths, y

    def told_from(self, z: Tensor, batch: Batch, y: Tensor, noise: CounterRng | None) -> tuple[Tensor, Tensor]:
        """`told`, with the bag of words where it counts. z: (B, D)."""
        bag = (self.bag(z), self.config.bag_of_words) if self.config.bag_of_words else None
        return self.told(batch, y, z, noise, bag)
