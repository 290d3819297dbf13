"""A model as the page lists it: its name, its family, where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vae.config.families import FAMILIES

USUAL_FAMILY = "vae"  # the family of which nothing is said


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model that a visitor may use: where it came from (`origin`, in words) and where its file lies."""

    id: str
    name: str
    origin: str
    path: Path
    family: str = USUAL_FAMILY

    @property
    def about(self) -> str:
        """What stands behind its name: the family, if it is not the usual one, and the origin."""
        return self.origin if self.family == USUAL_FAMILY else f"{FAMILIES[self.family].title.lower()}, {self.origin}"

    @property
    def label(self) -> str:
        """Its line in a list."""
        return f"{self.name}, {self.about}"
