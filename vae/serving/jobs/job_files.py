"""The folder of one training: what its worker reads, what it writes, and what of that stays."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vae.messages.message import Message
from vae.serving.jobs.status_messages import NOTHING_SAVED, SAVED_STATE_KEPT
from vae.system.files import atomic_write, link_or_copy
from vae.text.corpus import Corpus
from vae.training.event_log import EventLog
from vae.training.run_folder import Run


@dataclass(frozen=True, slots=True)
class JobFiles:
    """What came of a training: its folder (`run`) and its events (`log`)."""

    run: Run
    log: EventLog

    @classmethod
    def of(cls, folder: Path) -> JobFiles:
        """Those in a folder, which need not be there yet."""
        run = Run(folder)
        return cls(run, EventLog(run.events))

    @property
    def model(self) -> str | None:
        """The path of its best model so far, if there is one."""
        return str(self.run.best) if self.has_model else None

    @property
    def has_model(self) -> bool:
        return self.run.best.exists()

    @property
    def has_state(self) -> bool:
        """Whether there is something to go on from."""
        return self.run.state.exists()

    @property
    def complete(self) -> bool:
        """Whether the folder holds what it takes to go on, or to begin."""
        run = self.run
        needed = (run.state, run.config, run.tokens, run.token_file) if self.has_state else (run.corpus,)
        return all(path.exists() for path in needed)

    @property
    def after_fault(self) -> Message:
        """What Resume does after a fault."""
        return SAVED_STATE_KEPT if self.has_state else NOTHING_SAVED

    def store(self, corpus: Corpus, start_from: Path | None) -> Path | None:
        """Make the folder, and put the text and the model to begin with into it: the visitor may part with theirs.

        Returns:
            the path of that model in the folder.
        Raises:
            OSError: it cannot be written.
        """
        self.run.folder.mkdir(parents=True)
        atomic_write(self.run.corpus, corpus.to_json())
        if start_from is None:
            return None
        base = self.run.folder / "base.safetensors"
        link_or_copy(start_from, base)
        return base

    def keep_results(self) -> None:
        """Remove all but the model, the settings and the events."""
        keep = {self.run.best, self.run.config, self.run.events}
        with suppress(OSError):
            for path in set(self.run.folder.iterdir()) - keep:
                with suppress(OSError):
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def remove(self) -> None:
        """Remove the folder, as far as that can be done."""
        shutil.rmtree(self.run.folder, ignore_errors=True)
