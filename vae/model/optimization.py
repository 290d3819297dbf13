"""One update of some parameters: backward, check, clip, a step of Adam or SGD at the scheduled rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from vae.config.config import Config
from vae.model import schedules
from vae.system import distributed
from vae.system.distributed import GradientSum

_WINDOWS = 50  # of a run
_OPTIMIZERS = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}


class Updater:
    """Adam or SGD with clipping and a learning-rate schedule. It refuses an update that is not finite.

    `halvings` counts how often a plateau has halved the rate of a run with a patience.
    Source: Kingma & Ba 2015, arXiv:1412.6980.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], config: Config) -> None:
        self.parameters = list(parameters)
        self.config = config
        self.halvings = 0
        self._sum = GradientSum(self.parameters)

    @cached_property
    def optimizer(self) -> Any:
        """Made when something is learned: with the first one torch imports its compiler, 60 MB for a model that is only
        used."""
        return _OPTIMIZERS[self.config.optimizer](self.parameters, lr=self.config.learning_rate, fused=True)

    def apply(self, loss: Tensor, t: int) -> Tensor:
        """Update the parameters against the loss of step t, of which each process brings its share.

        Returns:
            A bool scalar, which nobody waits for here. False: not finite in some process, and nothing changed in any.
        """
        finite = self.backward(loss)
        self.step(t, finite)
        return finite

    def backward(self, loss: Tensor) -> Tensor:
        """The first half of `apply`: the gradients of a loss, and whether they are finite in all processes."""
        self.optimizer.zero_grad(set_to_none=True)
        self._sum.begin()
        # a loss that is no number must make gradients that are none, so that every process comes to know of it
        loss.backward(0 * loss.detach() + 1)  # type: ignore[no-untyped-call]
        self._sum.finish()
        self._norm = nn.utils.get_total_norm([p.grad for p in self.parameters if p.grad is not None])
        return self._norm.isfinite()

    def step(self, t: int, finite: Tensor) -> None:
        """The second half: the update of step t, if all is `finite`, a bool scalar."""
        # a fused optimizer divides and refuses by itself, in its one pass over the gradients
        self.optimizer.grad_scale = (self._norm / self.config.clip).clamp(min=1)
        self.optimizer.found_inf = (~finite).float()
        rate = self.config.learning_rate
        if self.config.patience:
            rate *= 0.5**self.halvings
        else:
            rate = schedules.learning_rate(t / max(1, self.config.steps), peak=rate)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()

    def reset_moments(self, parameters: Iterable[nn.Parameter]) -> None:
        """Forget Adam's moments of some of the parameters."""
        for parameter in parameters:
            self.optimizer.state.pop(parameter, None)

    def state(self) -> dict[str, Tensor]:
        """Adam's moments and counts by name, to save."""
        return {
            f"{i}.{key}": value
            for i, parameter in enumerate(self.parameters)
            for key, value in self.optimizer.state[parameter].items()
        }

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Go on from `state()`."""
        for i, parameter in enumerate(self.parameters):
            prefix = f"{i}."
            own = {
                key.removeprefix(prefix): value.to(parameter.device)
                for key, value in state.items()
                if key.startswith(prefix)
            }
            if own:
                self.optimizer.state[parameter] = own


class AggressiveUpdater(Updater):
    """Updates of an encoder that lags behind its decoder, for as long as they raise the mutual information of z and x.

    `active` says whether they do: at first, and until the mean over a fiftieth of the run is no higher than that over
    the fiftieth before.
    Source: He et al. 2019, arXiv:1901.05534.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], config: Config) -> None:
        super().__init__(parameters, config)
        self.active = True
        # sum of nats and steps of this window, mean of the one before
        self._information = torch.zeros(3, dtype=torch.float64)

    def observe(self, information: Tensor, t: int) -> None:
        """Add a step's mutual information, a scalar in nats, and decide at the end of each window."""
        total, steps, previous = self._information.unbind()
        total, steps = total + information.to(total), steps + 1
        if (t + 1) % max(1, self.config.steps // _WINDOWS) == 0:
            mean = distributed.sum_over_ranks(total) / steps / distributed.world_size()
            self.active, total, steps, previous = bool(mean > previous), 0 * total, 0 * steps, mean
        self._information = torch.stack([total, steps, previous])

    def state(self) -> dict[str, Tensor]:
        """Adam's moments and counts, and those of the mutual information, to save."""
        return super().state() | {"standing": self._information, "going": torch.tensor(self.active)}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        super().load_state(state)
        self._information, self.active = state["standing"], bool(state["going"])
