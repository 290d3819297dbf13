"""The autoregressive language model: the decoder without z, from a batch to its loss."""

from __future__ import annotations

import torch

from vae.config.config import Config
from vae.data.batches import Batch
from vae.model.counter_rng import CounterRng
from vae.model.families.base import DecoderModel
from vae.model.families.interface import Losses, Posterior
from vae.model.optimization import Updater


class LanguageModel(DecoderModel):
    """LSTM -> the next word. Its loss is the nll, which is exact: there is no latent variable to integrate out.

    To everything else it is a model whose z has no dimensions. The words before are its only input, so none of them is
    ever blanked.
    Source: Mikolov et al. 2010, Recurrent neural network based language model; Merity et al. 2018, arXiv:1708.02182
    (what keeps a small one from reciting); Press & Wolf 2017, arXiv:1608.05859 (one table to read and to write).
    """

    def __init__(self, config: Config, vocabulary: int) -> None:
        super().__init__(config, vocabulary)
        self.updaters["all"] = Updater(self.parameters(), config)

    def posterior(self, batch: Batch) -> Posterior:
        """(B, 0) each."""
        empty = torch.empty(len(batch.tokens), 0, device=self.device)
        return Posterior(empty, empty)

    def losses(self, batch: Batch, t: int, rng: CounterRng | None = None) -> Losses:
        """The losses of step t without an update; with `rng`, as in training."""
        z, _ = self.posterior(batch)
        loss, nll = self.token_loss(batch, self.embedding(batch.inputs), z, rng)
        return Losses(loss, nll, z, 0.0)
