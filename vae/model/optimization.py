"""One update of some parameters: backward, check, clip, a step of Adam or SGD at the scheduled rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from vae.config.config import Config
from vae.model import schedules
from vae.system import distributed
from vae.system.distributed import GradientSum

_WINDOWS = 50  # of a run
_DECAYS = (0.9, 0.999)  # of Adam's two moments


class Updater:
    """Adam or SGD with clipping and a learning-rate schedule. It refuses an update that is not finite.

    `halvings` counts how often a plateau has halved the rate of a run with a patience.
    Source: Kingma & Ba 2015, arXiv:1412.6980.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], config: Config) -> None:
        self.parameters = list(parameters)
        self.config = config
        self.halvings = 0
        self.rate = config.learning_rate  # of the last update
        self.moments: dict[Tensor, dict[str, Tensor]] = {}  # Adam's, and how often each parameter was updated
        self._sum = GradientSum(self.parameters)

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
        for parameter in self.parameters:
            parameter.grad = None
        self._sum.begin()
        # A loss that is no number must make gradients that are none, so that every process comes to know of it. By a
        # factor, since for a gradient that is handed in torch imports what its compiler knows of shapes.
        (loss * (0 * loss.detach() + 1)).backward()  # type: ignore[no-untyped-call]
        self._sum.finish()
        self._norm = nn.utils.get_total_norm([p.grad for p in self.parameters if p.grad is not None])
        return self._norm.isfinite()

    @torch.no_grad()
    def step(self, t: int, finite: Tensor) -> None:
        """The second half: the update of step t, if all is `finite`, a bool scalar."""
        self.rate = self._scheduled_rate(t)
        # The functions behind torch's optimizers: with the first of those themselves torch imports its compiler, which
        # takes each training two seconds and 60 MB. Fused, they divide and refuse in their one pass over the gradients.
        scale, refused = (self._norm / self.config.clip).clamp(min=1), (~finite).float()
        parameters: list[Tensor] = [parameter for parameter in self.parameters if parameter.grad is not None]
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        if self.config.optimizer == "sgd":
            sgd(
                parameters, gradients, [None] * len(parameters), fused=True, grad_scale=scale, found_inf=refused,
                lr=self.rate, momentum=0.0, dampening=0.0, nesterov=False, weight_decay=0.0, maximize=False,
            )  # fmt: skip
            return
        moments = [self._moments_of(parameter) for parameter in parameters]
        adam(
            parameters, gradients, [each["exp_avg"] for each in moments], [each["exp_avg_sq"] for each in moments], [],
            [each["step"] for each in moments], fused=True, grad_scale=scale, found_inf=refused, lr=self.rate,
            beta1=_DECAYS[0], beta2=_DECAYS[1], eps=1e-8, weight_decay=0.0, amsgrad=False, maximize=False,
        )  # fmt: skip

    def _scheduled_rate(self, t: int) -> float:
        peak = self.config.learning_rate
        if self.config.patience:
            return peak * 0.5**self.halvings
        return schedules.learning_rate(t / max(1, self.config.steps), peak=peak)

    def _moments_of(self, parameter: Tensor) -> dict[str, Tensor]:
        """Those of a parameter, zeros at first."""
        if parameter not in self.moments:
            step = torch.zeros((), dtype=torch.float32, device=parameter.device)
            moments = {name: torch.zeros_like(parameter) for name in ("exp_avg", "exp_avg_sq")}
            self.moments[parameter] = {"step": step, **moments}
        return self.moments[parameter]

    def reset_moments(self, parameters: Iterable[nn.Parameter]) -> None:
        """Forget Adam's moments of some of the parameters."""
        for parameter in parameters:
            self.moments.pop(parameter, None)

    def state(self) -> dict[str, Tensor]:
        """Adam's moments and counts by name, to save."""
        return {
            f"{i}.{key}": value
            for i, parameter in enumerate(self.parameters)
            for key, value in self.moments.get(parameter, {}).items()
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
                self.moments[parameter] = own


class LastUpdater(Updater):
    """Updates of an encoder that learns alone in the last part of a run, at half the rate, which falls anew."""

    def _scheduled_rate(self, t: int) -> float:
        done = schedules.of_encoder_alone(t / max(1, self.config.steps), self.config)
        return schedules.learning_rate(done, peak=self.config.learning_rate / 2)


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
