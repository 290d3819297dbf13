"""Where a text lies that is ready to be trained on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PreparedFolder:
    """The files of a text that is ready to be trained on. Nothing is read or written until it is asked for."""

    folder: Path

    @property
    def tokens(self) -> Path:
        """All but the token ids."""
        return self.folder / "tokens.safetensors"

    @property
    def token_file(self) -> Path:
        return self.folder / "tokens.bin"

    @property
    def preparing_folder(self) -> Path:
        """A folder: the text as far as it is prepared."""
        return self.folder / "preparing"
