"""What a run trains on, as it lies on disk: its tokenizer, its held-out sentences and its file of token ids."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as save_arrays

from vae.data.prepared_folder import PreparedFolder
from vae.data.token_file import TokenFile
from vae.system.files import DamagedError, atomic_write
from vae.text.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Prepared:
    """Token ids to train on, held-out sentences, and the 32-bit hashes of the training sentences (none of too many)."""

    tokenizer: Tokenizer
    train: TokenFile
    held_out: list[str]
    seen: np.ndarray
    max_tokens: int

    def save(self, folder: Path, key: str) -> None:
        """Write all but the token file, which may lie elsewhere, into a run's folder."""
        arrays = {
            "tokenizer": np.frombuffer(self.tokenizer.model, np.uint8), "seen": self.seen,
            "held_out": np.frombuffer("\n".join(self.held_out).encode("utf-8", "surrogatepass"), np.uint8),
        }  # fmt: skip
        path = self.train.path
        described = {"key": key, "max_tokens": self.max_tokens, "sentences": len(self.train), "sum": _sum(arrays)}
        described["file"] = path.name if path.parent == folder else str(path.resolve())
        atomic_write(PreparedFolder(folder).tokens, save_arrays(arrays, {"prepared": json.dumps(described)}))

    @classmethod
    def load(cls, folder: Path) -> Prepared:
        """What `save` wrote.

        Raises:
            OSError: it is not there, or cannot be read now.
            DamagedError: it is not what was written, of another version, or its token file is gone.
        """
        PreparedFolder(folder).tokens.stat()
        described = description_of(folder)
        if not described:
            raise DamagedError(f"there is no prepared text of this version in {folder}: start a new run")
        try:
            with safe_open(PreparedFolder(folder).tokens, "numpy") as file:
                arrays = {name: file.get_tensor(name) for name in ("tokenizer", "held_out", "seen")}
            if described.get("sum", _sum(arrays)) != _sum(arrays):  # texts of before had none
                raise ValueError("its checksum differs")
            train = TokenFile(folder / described["file"])
            held_out = arrays["held_out"].tobytes().decode("utf-8", "surrogatepass").split("\n")
            tokenizer = Tokenizer(arrays["tokenizer"].tobytes())
            return cls(tokenizer, train, held_out, arrays["seen"], described["max_tokens"])
        except FileNotFoundError:
            raise DamagedError(f"the prepared text {described['file']} is gone: start a new run") from None
        except DamagedError:
            raise
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise DamagedError(f"the prepared text in {folder} is damaged: start a new run") from error


def _sum(arrays: Mapping[str, np.ndarray]) -> int:
    """A checksum of all values, in the order of their names."""
    found = 0
    for name in sorted(arrays):
        found = zlib.crc32(arrays[name].tobytes(), found)
    return found


def fits(folder: Path, key: str) -> bool:
    """Whether the text that is wanted lies prepared in a folder."""
    described = description_of(folder)
    return described.get("key") == key and (folder / described["file"]).exists()


def clear(folder: Path) -> None:
    """Remove another text, its description first: what is described is whole."""
    PreparedFolder(folder).tokens.unlink(missing_ok=True)
    PreparedFolder(folder).token_file.unlink(missing_ok=True)


def description_of(folder: Path) -> dict[str, Any]:
    """What is told of a prepared text; {} when there is none, or none that is whole. Raises OSError: not to be read."""
    try:
        PreparedFolder(folder).tokens.read_bytes()  # whatever is wrong, safe_open would call it missing
        with safe_open(PreparedFolder(folder).tokens, "numpy") as file:
            described = json.loads(file.metadata()["prepared"])
            return described if isinstance(described, dict) else {}
    except (FileNotFoundError, SafetensorError, KeyError, TypeError, ValueError, RecursionError):
        return {}
