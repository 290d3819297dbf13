"""What the sessions of one server share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vae.serving.limits import Limits
from vae.serving.records.database import FILE, Records
from vae.serving.visitors.corpus_store import CorpusStore
from vae.serving.visitors.model_cache import ModelCache


@dataclass(frozen=True)
class SharedState:
    """A server's data folder, its limits, its records, and the models and texts that are in memory."""

    data: Path
    bundled: Path
    limits: Limits
    records: Records
    models: ModelCache
    corpora: CorpusStore

    @classmethod
    def of(cls, data: Path, bundled: Path, limits: Limits) -> SharedState:
        """That of a data folder. Raises RecordsError when its records cannot be used."""
        models = ModelCache(bundled, limits.loaded_mb * 2**20)
        return cls(data, bundled, limits, Records(data / FILE), models, CorpusStore(data / "corpora"))

    def model_file(self, model_id: str) -> Path:
        """Where a visitor's model lies."""
        return self.data / "models" / f"{model_id}.safetensors"
