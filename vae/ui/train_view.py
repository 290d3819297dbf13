"""What the Train tab shows of a run: its events and its status, turned into words and drawable values."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from vae.events import Evaluated, Event, Finished, Progress, Started
from vae.jobs import RESTING, Status
from vae.kinds import KINDS
from vae.ui.charts import line, note_value

SHOWN = 3  # reconstructions, and as many samples
EARLY = 0.1  # share of a run in which a verdict would only alarm
OVERLAP = 20  # points sent again with new ones, so that messages which arrive together lose none
SPAN = 0.02  # of a run, over which the trend looks back
MOST = 500  # training points; past that every second one goes, as in assets/chart.js

UNKNOWN = "Whether the model uses its space is told here, as soon as it has been tried on held-out sentences."
TOO_EARLY = "It is too early to tell whether the model uses its space: it has only begun to read."
NO_SPACE = "A language model has no latent space, so nothing can collapse. Judge it by what it says."
SERIES = {  # what the chart of a family draws, under which names
    "vae": {"nll": "Reconstruction", "kl": "KL", "beta": "Beta"},
    "lm": {"nll": "Loss: each word from those before it"},
    "aae": {"nll": "Reconstruction", "kl": "Distance from a bell curve", "beta": "Weight of the critic"},
}
_DIVERGED = "The loss ran away, so the training stopped itself"
USUAL = ("Paused", "Stopped", "Training is done")  # how a message begins that says no more than the state
_REMEDY = "Lower the learning rate or beta and start again."
_USES: dict[Use, tuple[str, str]] = {
    "": ("busy", "{}: its model is being loaded."),
    "used": ("done", "{}: the model is in use now. Go on to Sample and Slide, or download it."),
    "kept": ("done", "{}. Another model is in use now: choose this one at the top of the page, or download it."),
    "gone": ("note", "{}. Its model has made room for your newer ones."),
}

# Of a run's model: not taken over yet, in use, among the visitor's, dropped for newer ones.
Use = Literal["", "used", "kept", "gone"]
Mark = tuple[int, int, int]  # how far a chart is drawn: `every`, and how many points of `train` and of `valid`
NOTHING: Mark = (0, 0, 0)


@dataclass(slots=True)
class Trend:
    """Running means of reconstruction and KL: a batch holds sentences of like length, so that each says little.

    The weight of what was told fades with the steps since: to 1/e over 2 % of the run, and sooner at its beginning.
    """

    step: int = 0
    weight: float = 0.0
    sums: tuple[float, float] = (0.0, 0.0)

    def add(self, event: Progress) -> tuple[float, float]:
        """Both means, this event counted."""
        span = max(1.0, min(SPAN * event.steps, event.step / 4))
        kept = math.exp(-max(1, event.step - self.step) / span)
        nll, kl = (kept * old + (1 - kept) * new for old, new in zip(self.sums, (event.nll, event.kl), strict=True))
        self.step, self.weight, self.sums = event.step, kept * self.weight + 1 - kept, (nll, kl)
        return nll / self.weight, kl / self.weight


@dataclass(slots=True)
class Story:
    """A run's events so far, however long it is, of a model of `family`. `before` is the evaluation before the last.

    The chart draws `valid`, all evaluations, and `train`: one of every `every` others.
    """

    family: str = "vae"
    started: Started | None = None
    progress: Progress | None = None
    evaluated: Evaluated | None = None
    before: Evaluated | None = None
    finished: Finished | None = None
    train: list[dict[str, Any]] = field(default_factory=list)
    valid: list[dict[str, Any]] = field(default_factory=list)
    every: int = 1
    passed: int = 0  # since the last that was kept
    trend: Trend = field(default_factory=lambda: Trend())

    def add(self, events: Iterable[Event]) -> None:
        """Take in what came next."""
        for event in events:
            match event:
                case Started():
                    self.started, self.finished = event, None
                    self.train = [point for point in self.train if point["step"] <= event.step]
                    self.valid = [point for point in self.valid if point["step"] <= event.step]
                    self.trend = self.trend if self.train else Trend()
                case Progress():
                    self.progress = event
                    self._pass(event)
                case Evaluated():
                    self.before, self.evaluated = self.evaluated, event
                    if _drawable(event):
                        self.valid.append(_point(event, valid=True))
                case Finished():
                    self.finished = event

    @property
    def mark(self) -> Mark:
        """What a chart that is sent now draws."""
        return self.every, len(self.train), len(self.valid)

    def _pass(self, event: Progress) -> None:
        if not _drawable(event):
            return
        nll, kl = self.trend.add(event)
        self.passed += 1
        if self.passed < self.every:
            return
        self.passed = 0
        trend = {"beta": round(event.beta, 3), "nll_trend": round(nll, 3), "kl_trend": round(kl, 3)}
        self.train.append({**_point(event, valid=False), **trend})
        if len(self.train) >= MOST:
            self.train, self.passed = self.train[::2], self.every  # the last one goes, too
            self.every *= 2


def _drawable(event: Progress | Evaluated) -> bool:
    return math.isfinite(event.nll) and math.isfinite(event.kl)


def _point(event: Progress | Evaluated, *, valid: bool) -> dict[str, Any]:
    return {"step": event.step, "nll": round(event.nll, 3), "kl": round(event.kl, 3), "valid": valid}


def chart(story: Story, *, after: Mark = NOTHING) -> dict[str, Any]:
    """The value of the loss chart: what is new since `after` and a little before it; once thinned, everything."""
    steps = story.progress.steps if story.progress else story.started.steps if story.started else 0
    every, *drawn = after
    train, valid = (max(0, n - OVERLAP) if every == story.every else 0 for n in drawn)
    points = story.train[train:] + story.valid[valid:]
    series = SERIES[story.family]
    return {"reset": every != story.every, "points": points, "steps": steps, "series": series}


def progress(status: Status | None, story: Story) -> dict[str, Any] | None:
    """The bar and its words: what is going on; step, time left, speed."""
    if status is None:
        return None
    state, now = status.state, story.progress
    words = [f"{status.message} It begins by itself."] if state == "waiting" else []
    if state in ("starting", "pausing", "stopping"):
        words.append("Preparing the text and the model." if state == "starting" else status.message)
    if now is None:
        return {"share": None if state in ("starting", "running") else 0.0, "text": "".join(words)}
    if not words:
        words = [f"Step {now.step:,} of {now.steps:,}"]
    if state == "running":
        words += [f"{duration(now.seconds_left)} left", f"{now.tokens_per_second:,.0f} tokens a second"]
    elif state == "paused":
        words.append(f"{duration(now.seconds_left)} left once it goes on")
    share = 1.0 if state == "done" else min(1.0, now.step / max(1, now.steps))
    return {"share": round(share, 4), "text": " · ".join(words)}


def duration(seconds: float) -> str:
    """A time in the words one would say: "40 seconds", "3 minutes", "2.5 hours"."""
    if not math.isfinite(seconds):
        return "an unknown time"
    if seconds < 9.5:
        return f"{max(1, round(seconds))} second{'' if seconds < 1.5 else 's'}"
    if seconds < 57.5:
        return f"{5 * round(seconds / 5)} seconds"
    if seconds < 5400:
        minutes = max(1, round(seconds / 60))
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{seconds / 3600:.1f} hours"


def note(status: Status | None, story: Story, use: Use = "", problem: str = "") -> dict[str, str] | None:
    """How the run came to rest, and what to do now; None while it goes on. `problem`: why its model is of no use."""
    if status is None or status.state not in RESTING:
        return None
    step = story.finished.step if story.finished else story.progress.step if story.progress else 0
    own_doing = status.message.startswith(USUAL)  # what else the server says is why it did so itself
    match status.state:
        case "paused":
            where = f"Paused at step {step:,}. Resume goes on exactly there."
            return note_value("note", where if step and own_doing else status.message)
        case "failed":
            return note_value("error", status.message)
        case "diverged":
            good = f"The last good model was kept{' and is in use' if use == 'used' else ''}."
            kept = good if status.model else "No model was kept."
            return note_value("error", problem or f"{_DIVERGED} at step {step:,}. {kept} {_REMEDY}")
    if problem:
        return note_value("error", problem)
    if status.model is None:
        return note_value("note", status.message)
    how = "Done" if status.state == "done" else f"Stopped at step {step:,}"
    if status.state == "stopped" and not own_doing:
        how = status.message.split(". ")[0].rstrip(".")
    kind, words = _USES[use]
    return note_value(kind, words.format(how))


def verdict(story: Story) -> dict[str, str]:
    """One sentence on the latent space, and what to change about it."""
    if not KINDS[story.family].space:
        return {"level": "unknown", "text": NO_SPACE}
    known = story.evaluated
    if known is None or known.step < EARLY * known.steps:
        return {"level": "unknown", "text": UNKNOWN if known is None else TOO_EARLY}
    return {"level": known.level, "text": f"{known.verdict} {known.advice}".strip()}


def reconstructions(story: Story) -> list[dict[str, Any]] | str | None:
    """Held-out sentences and what the model makes of them; those that changed since the last look are marked.

    Of a family that gives no sentence back, the reason.
    """
    if not KINDS[story.family].space:
        return KINDS[story.family].lacks
    if story.evaluated is None:
        return None
    before = {r.source: r.text for r in story.before.reconstructions} if story.before else {}
    return [
        line(r.text, r.z, over=r.source, marked=before.get(r.source, r.text) != r.text)
        for r in story.evaluated.reconstructions[:SHOWN]
    ]


def samples(story: Story) -> list[dict[str, Any]] | None:
    """Sentences from random points of the space; those that changed since the last look are marked."""
    if story.evaluated is None:
        return None
    before = [s.text for s in story.before.samples] if story.before else []
    return [
        line(said.text, said.z, marked=i < len(before) and before[i] != said.text)
        for i, said in enumerate(story.evaluated.samples[:SHOWN])
    ]


def public(event: Event) -> dict[str, Any]:
    """An event for a client of the API: its fields, save those that name places on the server."""
    names = [name for name in event.__dataclass_fields__ if name not in ("folder", "path")]
    fields: dict[str, Any] = {name: _plain(getattr(event, name)) for name in names}
    return {"event": type(event).__name__.lower(), **fields}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no NaN
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return value
