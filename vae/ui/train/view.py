"""What the Train tab shows of a run: its events and its status, turned into words and drawable values."""

from __future__ import annotations

from typing import Any

from vae.config.families import FAMILIES
from vae.messages.durations import duration, round_duration
from vae.messages.message import Message
from vae.serving.jobs import status_messages
from vae.serving.jobs.pace import Forecast
from vae.serving.jobs.service import RESTING, Status
from vae.serving.visitors.run_history import NOTHING_DRAWN, ChartMark, ModelFate, RunHistory
from vae.ui.components.drawn import line, note_value

SHOWN = 3  # reconstructions, and as many samples
EARLY = 0.1  # share of a run in which a verdict would only alarm
OVERLAP = 20  # points sent again with new ones, so that messages which arrive together lose none
UNKNOWN = "This will say whether the model uses its latent space, once it has been tested on held-out sentences."
TOO_EARLY = "It is too early to tell whether the model uses its latent space: the training has only begun."
NO_SPACE = "A language model has no latent space, so nothing can collapse. Judge it by what it says."
_DIVERGED = "The loss ran away, so the training stopped itself"
_REMEDY = "Lower the learning rate or beta and start again."
_FATE_NOTES: dict[ModelFate, tuple[str, str]] = {
    "": ("busy", "{}: its model is being loaded."),
    "used": ("done", "{}: the model is in use now. Go on to Sample and Slide, or download it."),
    "kept": ("done", "{}. Another model is in use now: choose this one at the top of the page, or download it."),
    "gone": ("note", "{}. Its model has been removed to make room for your newer ones."),
}


def forecast(known: Forecast) -> list[Message]:
    """How long a training would wait and take: no more than is known."""
    told = []
    if known.place > 0:
        key = "ui.train.would_wait" if known.wait is None else "ui.train.would_wait_about"
        told.append(Message(key, place=known.place, time=round_duration(known.wait or 0)))
    if known.seconds is not None:
        key = "ui.train.takes_now" if known.measured else "ui.train.takes_idle"
        told.append(Message(key, time=duration(known.seconds)))
    return told


def chart(history: RunHistory, *, after: ChartMark = NOTHING_DRAWN) -> dict[str, Any]:
    """The value of the loss chart: what is new since `after` and a little before it; once thinned, everything."""
    steps = history.progress.steps if history.progress else history.started.steps if history.started else 0
    stride, *drawn = after
    train, valid = (max(0, n - OVERLAP) if stride == history.stride else 0 for n in drawn)
    points = history.train[train:] + history.valid[valid:]
    series = FAMILIES[history.family].curves
    return {"reset": stride != history.stride, "points": points, "steps": steps, "series": series}


def note(status: Status | None, history: RunHistory, fate: ModelFate = "", problem: str = "") -> dict[str, str] | None:
    """How the run came to rest, and what to do now; None while it goes on. `problem`: why its model is of no use."""
    if status is None or status.state not in RESTING:
        return None
    step = history.finished.step if history.finished else history.progress.step if history.progress else 0
    usual = status_messages.is_usual(status.message)  # what else it says is why the server did so itself
    match status.state:
        case "paused":
            where = f"Paused at step {step:,}. Resume continues exactly there."
            return note_value("note", where if step and usual else str(status.message))
        case "failed":
            return note_value("error", str(status.message))
        case "diverged":
            good = f"The last good model was kept{' and is in use' if fate == 'used' else ''}."
            kept = good if status.model else "No model was kept."
            return note_value("error", problem or f"{_DIVERGED} at step {step:,}. {kept} {_REMEDY}")
    if problem:
        return note_value("error", problem)
    if status.model is None:
        return note_value("note", str(status.message))
    how = "Done" if status.state == "done" else f"Stopped at step {step:,}"
    if status.state == "stopped" and not usual:
        how = str(status_messages.clause(status.message))
    kind, words = _FATE_NOTES[fate]
    return note_value(kind, words.format(how))


def verdict(history: RunHistory) -> dict[str, str]:
    """One sentence on the latent space, and what to change about it."""
    if not FAMILIES[history.family].has_latent_space:
        return {"level": "unknown", "text": NO_SPACE}
    known = history.evaluated
    if known is None or known.step < EARLY * known.steps:
        return {"level": "unknown", "text": UNKNOWN if known is None else TOO_EARLY}
    return {"level": known.level, "text": f"{known.verdict} {known.advice}".strip()}


def reconstructions(history: RunHistory) -> list[dict[str, Any]] | str | None:
    """Held-out sentences and what the model makes of them; those that changed since the last look are marked.

    Of a family that gives no sentence back, the reason.
    """
    if not FAMILIES[history.family].has_latent_space:
        return FAMILIES[history.family].limitation
    if history.evaluated is None:
        return None
    before = {r.source: r.text for r in history.previous.reconstructions} if history.previous else {}
    return [
        line(r.text, r.z, over=r.source, marked=before.get(r.source, r.text) != r.text)
        for r in history.evaluated.reconstructions[:SHOWN]
    ]


def samples(history: RunHistory) -> list[dict[str, Any]] | None:
    """Sentences from random points of the space; those that changed since the last look are marked."""
    if history.evaluated is None:
        return None
    before = [s.text for s in history.previous.samples] if history.previous else []
    return [
        line(sample.text, sample.z, marked=i < len(before) and before[i] != sample.text)
        for i, sample in enumerate(history.evaluated.samples[:SHOWN])
    ]
