"""One update of some parameters: backward, check, clip, Adam at the scheduled rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from vae import schedules
from vae.config import Config


class Updater:
    """Adam with clipping and a learning-rate schedule. It refuses an update that is not finite.

    Source: Kingma & Ba 2015, arXiv:1412.6980.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], config: Config) -> None:
        self.parameters = list(parameters)
        self.config = config
        self.adam = torch.optim.Adam(self.parameters, lr=config.learning_rate, fused=True)

    def apply(self, loss: Tensor, t: int) -> bool:
        """Update the parameters against the loss of step t. False: not finite, and nothing was changed."""
        self.adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.parameters, self.config.clip)
        if not bool(torch.isfinite(norm + loss.detach())):
            return False
        fraction = t / max(1, self.config.steps)
        for group in self.adam.param_groups:
            group["lr"] = schedules.learning_rate(fraction, peak=self.config.learning_rate)
        self.adam.step()
        return True

    def state(self) -> dict[str, Tensor]:
        """Adam's moments and counts by name, to save."""
        return {
            f"{i}.{key}": value
            for i, parameter in enumerate(self.parameters)
            for key, value in self.adam.state[parameter].items()
        }

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Go on from `state()`."""
        for i, parameter in enumerate(self.parameters):
            prefix = f"{i}."
            mine = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
            if mine:
                self.adam.state[parameter] = mine
