"""All that a run must carry over an interruption to go on exactly, in one file."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from vae.model.families.base import DecoderModel
from vae.system.files import DamagedError, atomic_write
from vae.training.run_folder import Run

_DAMAGED = "What was saved of this training is damaged, so it cannot go on. Start a new one."


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where a run stands: updates made, seconds spent, and the lowest validation loss so far."""

    step: int
    seconds: float
    best: float


def save_state(run: Run, model: DecoderModel, standing: ResumePoint) -> None:
    """Write weights in full precision, Adam's moments and the standing, atomically.

    Noise and order follow from the seed and the step, so that there is no other state.
    """
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"adam.{name}": value for name, value in model.optimiser_state().items()}
    told = {"standing": json.dumps(asdict(standing)), "sum": str(_sum(tensors))}
    atomic_write(run.state, save_tensors(tensors, told))


def load_state(run: Run, model: DecoderModel) -> ResumePoint:
    """Put the saved weights and moments back into `model`.

    Raises:
        DamagedError: the file is not what was written.
        ValueError: it is of another version.
        OSError: it cannot be read.
    """
    data = run.state.read_bytes()  # not mapped: a mapped file could not be replaced at the next save on Windows
    try:
        with safe_open(run.state, "pt") as file:
            told = file.metadata()
        standing, tensors = ResumePoint(**json.loads(told["standing"])), load_tensors(data)
        if "sum" in told and int(told["sum"]) != _sum(tensors):  # files of before had none
            raise ValueError("its checksum differs")
        parts: dict[str, dict[str, Tensor]] = {"model": {}, "adam": {}}
        for name, value in tensors.items():
            kind, _, rest = name.partition(".")
            parts[kind][rest] = value
    except (SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise DamagedError(_DAMAGED) from error
    try:
        model.load_state_dict(parts["model"])
        model.load_optimiser_state(parts["adam"])
    except (KeyError, RuntimeError) as error:
        raise DamagedError(_DAMAGED) from error
    return standing


def _sum(tensors: Mapping[str, Tensor]) -> int:
    """A checksum of all values, in the order of their names."""
    found = 0
    for name in sorted(tensors):
        values = tensors[name].detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        found = zlib.crc32(values.numpy().data, found)
    return found
