"""All that a run needs to resume exactly, in one file."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from vae.messages.message import Message
from vae.model.families.base import DecoderModel
from vae.system.files import DamagedError, atomic_write
from vae.training.plateau import Plateau
from vae.training.run_folder import Run

_DAMAGED = Message("training.state_damaged")


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """How far a run is: updates made, seconds spent, the lowest validation loss so far, and its plateau schedule."""

    step: int
    seconds: float
    best: float
    plateau: Plateau = field(default_factory=Plateau)


def save_state(run: Run, model: DecoderModel, point: ResumePoint) -> None:
    """Write weights in full precision, the optimizers' moments and how far the run is, atomically.

    Noise and order follow from the seed and the step, so that there is no other state.
    """
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"adam.{name}": value for name, value in model.optimiser_state().items()}
    metadata = {"standing": json.dumps(asdict(point)), "sum": str(_checksum(tensors))}
    atomic_write(run.state, save_tensors(tensors, metadata))


def load_state(run: Run, model: DecoderModel) -> ResumePoint:
    """Put the saved weights and moments back into `model`.

    Raises:
        DamagedError: the file is not what was written.
        UserError: it is of another version.
        OSError: it cannot be read.
    """
    data = run.state.read_bytes()  # not mapped: a mapped file could not be replaced at the next save on Windows
    try:
        with safe_open(run.state, "pt") as file:
            metadata = file.metadata()
        standing, tensors = json.loads(metadata["standing"]), load_tensors(data)
        point = ResumePoint(**{**standing, "plateau": Plateau(**standing.get("plateau", {}))})
        if "sum" in metadata and int(metadata["sum"]) != _checksum(tensors):  # files of before had none
            raise ValueError("its checksum differs")
        parts: dict[str, dict[str, Tensor]] = {"model": {}, "adam": {}}
        for name, value in tensors.items():
            part, _, rest = name.partition(".")
            parts[part][rest] = value
    except (SafetensorError, AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise DamagedError(_DAMAGED) from error
    try:
        model.load_state_dict(parts["model"])
        model.load_optimiser_state(parts["adam"])
    except (KeyError, RuntimeError) as error:
        raise DamagedError(_DAMAGED) from error
    return point


def _checksum(tensors: Mapping[str, Tensor]) -> int:
    """A checksum of all values, in the order of their names."""
    checksum = 0
    for name in sorted(tensors):
        values = tensors[name].detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        checksum = zlib.crc32(values.numpy().data, checksum)
    return checksum
