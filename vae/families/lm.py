"""The autoregressive language model: the decoder without z, from a batch to its loss."""

from __future__ import annotations

import torch

from vae.batches import Batch
from vae.config import Config
from vae.families import Losses, Posterior
from vae.families.writer import Writer
from vae.noise import Noise
from vae.updates import Updater


class LanguageModel(Writer):
    """LSTM -> the next word. Its loss is the nll, which is exact: there is nothing that it does not know.

    To everything else it is a model whose z has no dimensions. Words before the next one are all it has to go by, so
    that none of them is ever blanked.
    Source: Mikolov et al. 2010, Recurrent neural network based language model; Merity et al. 2018, arXiv:1708.02182
    (what keeps a small one from reciting); Press & Wolf 2017, arXiv:1608.05859 (one table to read and to write).
    """

    def __init__(self, config: Config, vocabulary: int) -> None:
        super().__init__(config, vocabulary)
        self.updaters["all"] = Updater(self.parameters(), config)

    def posterior(self, batch: Batch) -> Posterior:
        """(B, 0) each."""
        nothing = torch.empty(len(batch.tokens), 0, device=self.device)
        return Posterior(nothing, nothing)

    def losses(self, batch: Batch, t: int, noise: Noise | None = None) -> Losses:
        """The losses of step t without an update; with noise, as in training."""
        z, _ = self.posterior(batch)
        loss, nll = self.told(batch, self.embedding(batch.inputs), z, noise)
        return Losses(loss, nll, z, 0.0)
