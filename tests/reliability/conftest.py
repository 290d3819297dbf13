"""One real server, which the tests of its edge share, with a small model as the bundled one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.server import running_server


@dataclass(frozen=True)
class Edge:
    """The server: its address, its process, its folder."""

    url: str
    pid: int
    folder: Path

    @property
    def uploads(self) -> list[Path]:
        """The files that lie where uploads go."""
        return [path for path in (self.folder / "data" / "uploads").rglob("*") if path.is_file()]

    @property
    def log(self) -> str:
        """What it has logged."""
        return (self.folder / "log.jsonl").read_text("utf-8")


@pytest.fixture(scope="session")
def edge(tmp_path_factory: pytest.TempPathFactory, model_path: Path) -> Iterator[Edge]:
    """`python app.py`, as a person starts it."""
    folder = tmp_path_factory.mktemp("edge")
    variables = {"VAE_MODEL": str(model_path), "VAE_LOG": str(folder / "log.jsonl"), "VAE_SLOTS": "1"}
    with running_server(folder, variables) as (url, process):
        yield Edge(url, process.pid, folder)
