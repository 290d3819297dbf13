"""The plan of a run: its settings, its name, and the text it learns from, as they stand in its folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

import torch

from vae.config.config import Config
from vae.config.families import FAMILIES
from vae.config.fine_tuning import fine_tuned
from vae.messages.message import Message, UserError
from vae.model import checkpoint
from vae.system.files import DamagedError, atomic_write
from vae.training.run_folder import Run


@dataclass(frozen=True, slots=True)
class RunDescription:
    """What the finished model's file will say of it."""

    name: str = ""
    attribution: str = ""

    def __post_init__(self) -> None:
        """Raises UserError: a text cannot stand in a model file."""
        checkpoint.check_text("name", self.name)
        checkpoint.check_text("attribution", self.attribution)


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings of a run with everything decided that `auto` and 0 leave open; `source` names its text."""

    config: Config
    about: RunDescription
    source: str

    def save(self, run: Run) -> None:
        atomic_write(run.config, json.dumps(asdict(self)).encode())

    @classmethod
    def load(cls, run: Run) -> Plan:
        """What `save` wrote.

        Raises:
            DamagedError: the file is something else.
            OSError: it cannot be read.
        """
        data = run.config.read_bytes()
        try:
            stored = json.loads(data)
            return cls(Config.from_dict(stored["config"]), RunDescription(**stored["about"]), stored["source"])
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise DamagedError(Message("training.settings_damaged")) from error


def resolve_config(config: Config, base: Config | None, processes: int) -> Config:
    """A config with its precision decided, and of a whole step: what each of the processes does of it, together.

    Args:
        base: of the model that a fine-tuning begins with.
    Raises:
        UserError: the whole step is too large, or the model is of another family.
    """
    if base:
        if config.family != base.family:
            title = FAMILIES[base.family].title
            raise UserError(Message("training.other_family", base=base.family, title=title, family=config.family))
        config = fine_tuned(config, base)
    precision = config.precision
    if precision == "auto":
        precision = "bfloat16" if _has_bfloat16(device_of(config.device)) else "float32"
    return replace(config, precision=precision, batch=config.batch * processes)


def device_of(name: str) -> torch.device:
    """The device that "auto", "cpu" or "cuda" stands for here.

    Raises:
        UserError: there is no such device.
    """
    has_cuda = torch.cuda.is_available()
    if name == "cuda" and not has_cuda:
        raise UserError(Message("training.no_cuda"))
    return torch.device("cuda" if has_cuda and name != "cpu" else "cpu")


def _has_bfloat16(device: torch.device) -> bool:
    """Whether it computes in bfloat16 natively: where it does not, float32 is the faster one."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability() >= (8, 0)
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())
