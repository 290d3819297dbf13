"""What happens in a training, as frozen events that hold numbers, strings and tuples only.

They pickle, compare, and travel as one line of JSON each, so that a run's folder, a worker process, the
command line and the page all read the same thing. Losses are in nats a sentence.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any, get_args


@dataclass(frozen=True, slots=True)
class Sample:
    """A sentence that the model generated, and its code."""

    text: str
    z: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """A validation sentence (`source`) and what the decoder makes of its code."""

    source: str
    text: str
    z: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Started:
    """The run has its data and its model.

    A resumed run starts again at `step`: events of later steps that came before it no longer hold.
    """

    folder: str
    sentences: int
    validation: int
    vocabulary: int
    parameters: int
    latent: int
    steps: int
    step: int
    family: str = "vae"


@dataclass(frozen=True, slots=True)
class Progress:
    """Means over the steps since the last one. `loss` is what is minimised, never the ELBO.

    `seconds_left` is told as the machine is now, evaluations counted; `cores` is how much of the processor the training
    gets, 1 being a core.
    """

    step: int
    steps: int
    epoch: float
    loss: float
    nll: float
    kl: float
    beta: float
    tokens_per_second: float
    seconds: float
    seconds_left: float
    cores: float = 1.0


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The figures of the model on held-out sentences, and a verdict in plain words.

    `level` is one of LEVELS; `mutual_information`, its ceiling and `latent_gain` are in nats. `kl` is a VAE's; of an
    adversarial autoencoder it is the distance of all codes together from the prior, and there is no mutual information.
    """

    step: int
    steps: int
    nll: float
    kl: float
    mutual_information: float | None
    mi_ceiling: float
    active_units: int
    latent: int
    latent_gain: float
    sentences: int
    level: str
    verdict: str
    advice: str
    reconstructions: tuple[Reconstruction, ...]
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """A checkpoint was written; `best` marks the lowest validation loss so far."""

    step: int
    path: str
    best: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """The run ended. `reason` is done, stopped, paused or diverged; `path` is the model to use, if there is one."""

    step: int
    steps: int
    reason: str
    path: str | None
    message: str


Event = Started | Progress | Evaluated | Saved | Finished
_EVENT_TYPES: dict[str, Any] = {type_.__name__.lower(): type_ for type_ in get_args(Event)}


def plain(value: Any) -> Any:
    """A value of dicts, lists and tuples as JSON can hold it, which knows no NaN and no infinity: None instead."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def to_json(event: Event) -> str:
    """The event as one line of JSON, without its newline."""
    return json.dumps({"event": type(event).__name__.lower(), **asdict(event)}, ensure_ascii=False)


def from_json(line: str) -> Event:
    """The event that `to_json` wrote.

    Raises:
        ValueError: the line is no event (torn by a kill, for instance).
    """
    try:
        fields = json.loads(line)
        type_ = _EVENT_TYPES[fields.pop("event")]
        if type_ is Evaluated:
            fields["reconstructions"] = tuple(
                Reconstruction(r["source"], r["text"], tuple(r["z"])) for r in fields["reconstructions"]
            )
            fields["samples"] = tuple(Sample(s["text"], tuple(s["z"])) for s in fields["samples"])
        event: Event = type_(**fields)
        return event
    except (AttributeError, KeyError, TypeError, RecursionError, json.JSONDecodeError) as error:
        raise ValueError(f"not an event: {line[:80]!r}") from error


def public(event: Event) -> dict[str, Any]:
    """An event for whoever may not know where things lie: its fields as JSON has them, save those that name places."""
    values = {name: value for name, value in asdict(event).items() if name not in ("folder", "path")}
    return {"event": type(event).__name__.lower(), **plain(values)}
