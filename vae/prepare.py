"""What a run trains on, made ready once and kept in its folder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from vae.batches import Tokens
from vae.corpus import hashes
from vae.store import Run, atomic_write
from vae.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Prepared:
    """Token ids to train on, held-out sentences, and the hashes of the training sentences."""

    tokenizer: Tokenizer
    train: Tokens
    held_out: list[str]
    seen: np.ndarray
    max_tokens: int

    @classmethod
    def of(cls, tokenizer: Tokenizer, training: list[str], validation: list[str]) -> Prepared:
        tokens = Tokens.of(tokenizer.encode(training))
        return cls(tokenizer, tokens, validation, hashes(training), min(4096, int(tokens.lengths.max()) + 8))

    def save(self, run: Run) -> None:
        held_out = np.frombuffer("\n".join(self.held_out).encode(), np.uint8)
        arrays = {
            "tokenizer": np.frombuffer(self.tokenizer.model, np.uint8), "flat": self.train.flat,
            "starts": self.train.starts, "held_out": held_out, "seen": self.seen,
            "max_tokens": np.array([self.max_tokens]),
        }  # fmt: skip
        atomic_write(run.tokens, save_arrays(arrays))

    @classmethod
    def load(cls, run: Run) -> Prepared:
        arrays = load_arrays(run.tokens.read_bytes())
        return cls(
            Tokenizer(arrays["tokenizer"].tobytes()), Tokens(arrays["flat"], arrays["starts"]),
            arrays["held_out"].tobytes().decode().split("\n"), arrays["seen"], int(arrays["max_tokens"][0]),
        )  # fmt: skip
