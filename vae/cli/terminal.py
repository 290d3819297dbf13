"""The terminal: progress of long work, results, and Ctrl-C."""

from __future__ import annotations

import json
import signal
import sys
import time
from typing import Any

from vae.cli import reading_flags
from vae.config.families import FAMILIES
from vae.messages.message import Message
from vae.text.report import Report
from vae.training.events import Evaluated, Event, Progress, Started, plain

_INTERVAL = 10.0  # seconds without a word


class StopOnInterrupt:
    """While it is entered, the first Ctrl-C asks the training to save and end; a second one interrupts as usual."""

    def __init__(self, quiet: bool = False) -> None:
        self._interrupted, self._quiet = False, quiet

    def control(self) -> str:
        """For `train`: "run", and "stop" after Ctrl-C."""
        return "stop" if self._interrupted else "run"

    def __enter__(self) -> StopOnInterrupt:
        def interrupt(*_: object) -> None:
            self._interrupted = True
            signal.signal(signal.SIGINT, self._previous_handler)
            if not self._quiet:
                print("\nStopping: saving the model. Press Ctrl-C again to leave at once.", file=sys.stderr)

        self._previous_handler = signal.getsignal(signal.SIGINT)
        signal.signal(signal.SIGINT, interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._previous_handler)


class TrainingDisplay:
    """A progress bar on a terminal, a line an evaluation elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self._quiet, self._is_terminal = quiet, sys.stderr.isatty()
        self._spec = FAMILIES["vae"]

    def __call__(self, event: Event) -> None:
        if self._quiet:
            return
        match event:
            case Started():
                self._spec = FAMILIES[event.family]
                self._line(
                    f"{event.sentences:,} sentences to learn from, {event.validation:,} held out; "
                    f"{event.vocabulary:,} pieces; {event.parameters / 1e6:.1f} million parameters; "
                    f"{event.steps:,} steps"
                )
            case Progress() if self._is_terminal:
                done = round(24 * event.step / event.steps)
                time_left = f"{int(event.seconds_left) // 60}:{int(event.seconds_left) % 60:02}"
                print(
                    f"\r\x1b[K[{'#' * done}{'.' * (24 - done)}] {event.step}/{event.steps}  {time_left} left  "
                    f"{self._losses(event)}  {event.tokens_per_second:,.0f} tokens/s",
                    end="", file=sys.stderr, flush=True,
                )  # fmt: skip
            case Evaluated():
                gain = f"latent gain {event.latent_gain:.1f}  {event.verdict}" if self._spec.has_latent_space else ""
                self._line(f"step {event.step}/{event.steps}  held out: {self._losses(event)}  {gain}".rstrip())

    def _losses(self, event: Progress | Evaluated) -> str:
        """In nats, as the family calls them."""
        if not self._spec.has_latent_space:
            return f"nll {event.nll:.2f}"
        name = "kl" if self._spec.has_likelihood else "distance from the prior"
        return f"reconstruction {event.nll:.2f}  {name} {event.kl:.2f}"

    def show_preparation(self, what: Message, done: bool) -> None:
        """How far the preparation of a text is."""
        if done and not self._quiet:
            self._line(str(what))
        elif self._is_terminal and not self._quiet:
            print(f"\r\x1b[K{what}", end="", file=sys.stderr, flush=True)

    def show_reading(self, report: Report) -> None:
        """What a text was taken for, and how to take it for something else."""
        if not self._quiet:
            for line in reading_flags.lines(report):
                self._line(line)

    def _line(self, text: str) -> None:
        print(f"\r\x1b[K{text}" if self._is_terminal else text, file=sys.stderr, flush=True)


class StatusLine:
    """What long work is doing: a line that changes on a terminal, elsewhere a line every ten seconds."""

    def __init__(self, quiet: bool) -> None:
        self._quiet, self._is_terminal = quiet, sys.stderr.isatty()
        self._last = time.monotonic()

    def __enter__(self) -> StatusLine:
        return self

    def __call__(self, line: Message | str) -> None:
        if self._quiet:
            return
        if self._is_terminal:
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - self._last >= _INTERVAL:
            self._last = time.monotonic()
            print(line, file=sys.stderr, flush=True)

    def __exit__(self, *_: object) -> None:
        if self._is_terminal and not self._quiet:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def print_json(value: dict[str, Any]) -> None:
    """One object on stdout, for other programs: strict JSON, with null for a figure that is not finite."""
    print(json.dumps(plain(value), ensure_ascii=False, indent=2, allow_nan=False, default=str))
