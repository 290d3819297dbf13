"""One update of some parameters: backward, check, clip, Adam at the scheduled rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from vae import schedules
from vae.config import Config
from vae.distributed import GradientSum


class Updater:
    """Adam with clipping and a learning-rate schedule. It refuses an update that is not finite.

    Source: Kingma & Ba 2015, arXiv:1412.6980.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], config: Config) -> None:
        self.parameters = list(parameters)
        self.config = config
        self.adam = torch.optim.Adam(self.parameters, lr=config.learning_rate, fused=True)
        self._sum = GradientSum(self.parameters)

    def apply(self, loss: Tensor, t: int) -> Tensor:
        """Update the parameters against the loss of step t, of which each process brings its share.

        Returns:
            A bool scalar, which nobody waits for here. False: not finite in some process, and nothing changed in any.
        """
        self.adam.zero_grad(set_to_none=True)
        self._sum.begin()
        # a loss that is no number must make gradients that are none, so that every process comes to know of it
        loss.backward(0 * loss.detach() + 1)  # type: ignore[no-untyped-call]
        self._sum.finish()
        norm = nn.utils.get_total_norm([p.grad for p in self.parameters if p.grad is not None])
        finite = norm.isfinite()
        # the fused Adam divides and refuses by itself, in its one pass over the gradients
        self.adam.grad_scale = (norm / self.config.clip).clamp(min=1)  # type: ignore[attr-defined]
        self.adam.found_inf = (~finite).float()  # type: ignore[attr-defined]
        fraction = t / max(1, self.config.steps)
        for group in self.adam.param_groups:
            group["lr"] = schedules.learning_rate(fraction, peak=self.config.learning_rate)
        self.adam.step()
        return finite

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
            mine = {
                key.removeprefix(prefix): value.to(parameter.device)
                for key, value in state.items()
                if key.startswith(prefix)
            }
            if mine:
                self.adam.state[parameter] = mine
