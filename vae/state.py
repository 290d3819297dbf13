"""All that a run must carry over an interruption to go on exactly, in one file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from safetensors import safe_open
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from vae.families.writer import Writer
from vae.store import Run, atomic_write


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run stands: updates made, seconds spent, and the lowest validation loss so far."""

    step: int
    seconds: float
    best: float


def save_state(run: Run, model: Writer, standing: Standing) -> None:
    """Write weights in full precision, Adam's moments and the standing, atomically.

    Noise and order follow from the seed and the step, so that there is no other state.
    """
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"adam.{name}": value for name, value in model.optimiser_state().items()}
    atomic_write(run.state, save_tensors(tensors, {"standing": json.dumps(asdict(standing))}))


def load_state(run: Run, model: Writer) -> Standing:
    """Put the saved weights and moments back into `model`."""
    with safe_open(run.state, "pt") as file:
        standing = Standing(**json.loads(file.metadata()["standing"]))
    parts: dict[str, dict[str, Tensor]] = {"model": {}, "adam": {}}
    # Read as bytes, not mapped: a mapped file could not be replaced at the next save on Windows.
    for name, value in load_tensors(run.state.read_bytes()).items():
        kind, _, rest = name.partition(".")
        parts[kind][rest] = value
    model.load_state_dict(parts["model"])
    model.load_optimiser_state(parts["adam"])
    return standing
