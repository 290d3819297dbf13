"""When the rate is halved: after some epochs without a better validation loss."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from vae.config.config import Config


@dataclass(frozen=True, slots=True)
class Plateau:
    """What a plateau schedule remembers: the loss to beat, for how many epochs nothing did, and the halvings so far.

    Source: He et al. 2019, arXiv:1901.05534, whose code beats from then on the loss at which the rate was halved.
    """

    to_beat: float = math.inf
    waited: int = 0
    halvings: int = 0

    def observe(self, loss: float, epochs: int, config: Config) -> Plateau:
        """After an evaluation.

        Args:
            loss: of the validation sentences.  epochs: how many are done.
        """
        if loss <= self.to_beat:
            return replace(self, to_beat=loss, waited=0)
        if self.waited + 1 >= config.patience and epochs > config.patience_from:
            return Plateau(loss, 0, self.halvings + 1)
        return replace(self, waited=self.waited + 1)

    def is_over(self, config: Config) -> bool:
        """Whether the last halving was the one that ends the run."""
        return self.halvings >= config.halvings
