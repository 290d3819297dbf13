"""Work on a terminal: what it tells while it goes on, its results, and Ctrl-C."""

from __future__ import annotations

import json
import signal
import sys
import time
from typing import Any

from vae.config.families import FAMILIES
from vae.training.events import Evaluated, Event, Progress, Started, plain

_PATIENCE = 10.0  # seconds without a word


class StopOnInterrupt:
    """While it is entered, the first Ctrl-C asks the training to save and end; a second one interrupts as usual."""

    def __init__(self, quiet: bool = False) -> None:
        self._asked, self._quiet = False, quiet

    def wish(self) -> str:
        return "stop" if self._asked else "run"

    def __enter__(self) -> StopOnInterrupt:
        def ask(*_: object) -> None:
            self._asked = True
            signal.signal(signal.SIGINT, self._before)
            if not self._quiet:
                print("\nStopping: saving the model. Press Ctrl-C again to leave at once.", file=sys.stderr)

        self._before = signal.getsignal(signal.SIGINT)
        signal.signal(signal.SIGINT, ask)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)


class TrainingDisplay:
    """A progress bar on a terminal, a line an evaluation elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self._quiet, self._bar = quiet, sys.stderr.isatty()
        self._kind = FAMILIES["vae"]

    def __call__(self, event: Event) -> None:
        if self._quiet:
            return
        match event:
            case Started():
                self._kind = FAMILIES[event.family]
                self._line(
                    f"{event.sentences:,} sentences to learn from, {event.validation:,} held out; "
                    f"{event.vocabulary:,} pieces; {event.parameters / 1e6:.1f} million parameters; "
                    f"{event.steps:,} steps"
                )
            case Progress() if self._bar:
                done = round(24 * event.step / event.steps)
                left = f"{int(event.seconds_left) // 60}:{int(event.seconds_left) % 60:02}"
                print(
                    f"\r\x1b[K[{'#' * done}{'.' * (24 - done)}] {event.step}/{event.steps}  {left} left  "
                    f"{self._losses(event)}  {event.tokens_per_second:,.0f} tokens/s",
                    end="", file=sys.stderr, flush=True,
                )  # fmt: skip
            case Evaluated():
                gain = f"latent gain {event.latent_gain:.1f}  {event.verdict}" if self._kind.space else ""
                self._line(f"step {event.step}/{event.steps}  held out: {self._losses(event)}  {gain}".rstrip())

    def _losses(self, event: Progress | Evaluated) -> str:
        """In nats, as the family calls them."""
        if not self._kind.space:
            return f"nll {event.nll:.2f}"
        name = "kl" if self._kind.density else "distance from the prior"
        return f"reconstruction {event.nll:.2f}  {name} {event.kl:.2f}"

    def preparing(self, what: str, done: bool) -> None:
        """How far a text is that is made ready."""
        if done and not self._quiet:
            self._line(what)
        elif self._bar and not self._quiet:
            print(f"\r\x1b[K{what}", end="", file=sys.stderr, flush=True)

    def _line(self, text: str) -> None:
        print(f"\r\x1b[K{text}" if self._bar else text, file=sys.stderr, flush=True)


class StatusLine:
    """What long work is doing: a line that changes on a terminal, elsewhere a line every ten seconds."""

    def __init__(self, quiet: bool) -> None:
        self._quiet, self._in_place = quiet, sys.stderr.isatty()
        self._last = time.monotonic()

    def __enter__(self) -> StatusLine:
        return self

    def __call__(self, line: str) -> None:
        if self._quiet:
            return
        if self._in_place:
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - self._last >= _PATIENCE:
            self._last = time.monotonic()
            print(line, file=sys.stderr, flush=True)

    def __exit__(self, *_: object) -> None:
        if self._in_place and not self._quiet:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def print_json(value: dict[str, Any]) -> None:
    """One object on stdout, for other programs: strict JSON, with null for a figure that is not finite."""
    print(json.dumps(plain(value), ensure_ascii=False, indent=2, allow_nan=False))
