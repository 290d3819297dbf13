"""What a server allows, each settable by an environment variable: the one statement of each, its range and its help."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from vae.messages.message import Message, UserError


def _limit(variable: str, default: int, low: int, high: int, text: str) -> Any:
    return field(default=default, metadata={"variable": variable, "range": (low, high), "help": text})


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Whole numbers. Where 0 is allowed, it leaves the choice to the machine, as the help says.

    Raises:
        UserError: a value is out of its range; the message names the variable.
    """

    slots: int = _limit("VAE_SLOTS", 0, 0, 64, "trainings at once; 0: one for every two cores")
    threads: int = _limit("VAE_THREADS", 0, 0, 256, "threads of one training; 0: all cores, and in company a share")
    nice: int = _limit("VAE_NICE", 10, 0, 19, "how far trainings step back for the pages")
    waiting: int = _limit("VAE_WAITING", 60, 1, 10_000, "trainings that may wait")
    waiting_of_address: int = _limit(
        "VAE_WAITING_OF_ADDRESS", 40, 1, 10_000, "of them from one address, such as that of a class behind one router"
    )
    waiting_of_network: int = _limit("VAE_WAITING_OF_NETWORK", 50, 1, 10_000, "of them from 256 neighbouring addresses")
    waiting_of_program: int = _limit(
        "VAE_WAITING_OF_PROGRAM", 8, 1, 10_000, "of them from the programs of one address, which keep no cookie"
    )
    runs: int = _limit("VAE_RUNS", 20, 1, 1_000, "trainings that one visitor may keep; the oldest that ended go first")
    minutes: int = _limit("VAE_MINUTES", 60, 1, 10_080, "minutes of one training, which then keeps its best model")
    grace: int = _limit("VAE_GRACE", 30, 1, 10_080, "minutes that a training goes on while nobody watches")
    corpus_mb: int = _limit("VAE_CORPUS_MB", 20, 1, 1_000, "megabytes of a text")
    sentences: int = _limit("VAE_SENTENCES", 500_000, 2, 5_000_000, "sentences of a text")
    parameters: int = _limit("VAE_PARAMETERS", 12, 1, 200, "million weights of a model")
    models: int = _limit("VAE_MODELS", 12, 1, 1_000, "models that one visitor may keep; the oldest go first")
    loaded_mb: int = _limit("VAE_LOADED_MB", 256, 16, 1_000_000, "megabytes of models in memory, of all visitors")
    memory_mb: int = _limit(
        "VAE_MEMORY_MB", 0, 0, 10_000_000,
        "megabytes of memory, three quarters of it for trainings, at least 512 each; 0: the machine's",
    )  # fmt: skip
    uploads_mb: int = _limit("VAE_UPLOADS_MB", 5_000, 1, 10_000_000, "megabytes of recent uploads and downloads of all")
    visitors: int = _limit("VAE_VISITORS", 2_000, 1, 1_000_000, "visitors known at once; the longest away make room")
    keep: int = _limit("VAE_KEEP", 336, 1, 10_000, "hours that what a visitor made is kept after they were last seen")

    def __post_init__(self) -> None:
        for limit in fields(self):
            low, high = limit.metadata["range"]
            value = getattr(self, limit.name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                variable = limit.metadata["variable"]
                message = Message("serving.limit_out_of_range", variable=variable, value=value, low=low, high=high)
                raise UserError(message)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Limits:
        """The limits that the environment names, and the defaults for all others.

        Raises:
            UserError: a value is not a whole number, or out of its range; the message names the variable.
        """
        found: dict[str, Any] = {}
        for limit in fields(cls):
            text = environment.get(limit.metadata["variable"], "").strip()
            if text:
                try:
                    found[limit.name] = int(text)
                except ValueError:
                    found[limit.name] = text
        return cls(**found)
