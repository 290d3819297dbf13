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
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from vae.data.prepared_folder import PreparedFolder
from vae.data.token_file import TokenFile
from vae.messages.message import Message
from vae.system.files import DamagedError, atomic_write
from vae.text.lexicon import Lexicon
from vae.text.tokenizer import Tokenizer

EVALUATED = 500


@dataclass(frozen=True, slots=True)
class PreparedText:
    """Token ids to train on, held-out sentences, and 32-bit hashes of all that its model learns and has learned from.

    `seen_hashes` are none where these are too many. An evaluation takes `evaluated` of the held-out sentences, the
    first ones.
    """

    tokenizer: Tokenizer
    train: TokenFile
    held_out: list[str]
    seen_hashes: np.ndarray
    max_tokens: int
    evaluated: int = EVALUATED
    lexicon: Lexicon | None = None

    def save(self, folder: Path, key: str) -> None:
        """Write all but the token file, which may lie elsewhere, into a run's folder."""
        arrays = {
            "tokenizer": np.frombuffer(self.tokenizer.model, np.uint8), "seen": self.seen_hashes,
            "known": self.tokenizer.known.astype(np.uint8),
            "held_out": np.frombuffer("\n".join(self.held_out).encode("utf-8", "surrogatepass"), np.uint8),
        }  # fmt: skip
        if self.lexicon is not None:
            arrays["words"] = self.lexicon.hashes
        path = self.train.path
        description = {
            "key": key,
            "max_tokens": self.max_tokens,
            "sentences": len(self.train),
            "evaluated": self.evaluated,
            "sum": _checksum(arrays),
        }
        description["file"] = path.name if path.parent == folder else str(path.resolve())
        atomic_write(PreparedFolder(folder).tokens, save_arrays(arrays, {"prepared": json.dumps(description)}))

    @classmethod
    def load(cls, folder: Path) -> PreparedText:
        """What `save` wrote.

        Raises:
            OSError: it is not there, or cannot be read now.
            DamagedError: it is not what was written, of another version, or its token file is gone.
        """
        PreparedFolder(folder).tokens.stat()
        description = read_description(folder)
        if not description:
            raise DamagedError(Message("data.no_prepared_text", folder=str(folder)))
        try:
            arrays = load_arrays(PreparedFolder(folder).tokens.read_bytes())
            if description.get("sum", _checksum(arrays)) != _checksum(arrays):  # texts of before had none
                raise ValueError("its checksum differs")
            train = TokenFile(folder / description["file"])
            held_out = arrays["held_out"].tobytes().decode("utf-8", "surrogatepass").split("\n")
            tokenizer = Tokenizer(arrays["tokenizer"].tobytes(), arrays.get("known"))
            if "known" not in arrays:  # as in texts of before
                tokenizer = Tokenizer(tokenizer.model, train.used(len(tokenizer)))
            evaluated = int(description.get("evaluated", EVALUATED))  # texts of before did not say
            lexicon = Lexicon(arrays["words"]) if "words" in arrays else None  # which not every text has
            return cls(tokenizer, train, held_out, arrays["seen"], description["max_tokens"], evaluated, lexicon)
        except FileNotFoundError:
            raise DamagedError(Message("data.prepared_text_gone", file=str(description["file"]))) from None
        except DamagedError:
            raise
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise DamagedError(Message("data.prepared_text_damaged", folder=str(folder))) from error


def _checksum(arrays: Mapping[str, np.ndarray]) -> int:
    """A checksum of all values, in the order of their names."""
    checksum = 0
    for name in sorted(arrays):
        checksum = zlib.crc32(arrays[name].tobytes(), checksum)
    return checksum


def is_prepared(folder: Path, key: str) -> bool:
    """Whether the text of a key lies prepared in a folder."""
    description = read_description(folder)
    return description.get("key") == key and (folder / description["file"]).exists()


def remove_prepared(folder: Path) -> None:
    """Remove another text, its description first: what is described is whole."""
    PreparedFolder(folder).tokens.unlink(missing_ok=True)
    PreparedFolder(folder).token_file.unlink(missing_ok=True)


def read_description(folder: Path) -> dict[str, Any]:
    """The description of a prepared text; {} when there is none that is whole. Raises OSError: not to be read now."""
    try:
        PreparedFolder(folder).tokens.read_bytes()  # whatever is wrong, safe_open would call it missing
        with safe_open(PreparedFolder(folder).tokens, "numpy") as file:
            description = json.loads(file.metadata()["prepared"])
            return description if isinstance(description, dict) else {}
    except (FileNotFoundError, SafetensorError, KeyError, TypeError, ValueError, RecursionError):
        return {}
