"""What all trainings of a server go by."""

from __future__ import annotations

from dataclasses import dataclass

from vae.serving.limits import Limits


@dataclass(frozen=True, slots=True)
class JobRules:
    """What all runs go by.

    Args:
        slots: runs at once.  cores: of the processor, which they share.
        grace: seconds that a run goes on while nobody watches.  longest: seconds of training of one.
    """

    limits: Limits
    slots: int
    cores: int
    grace: float
    longest: float

    @property
    def parameters(self) -> int:
        """Weights that a model may have."""
        return 1_000_000 * self.limits.parameters
