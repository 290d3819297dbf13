"""The command that makes a model file smaller."""

from __future__ import annotations

import argparse
from pathlib import Path

from vae.cli.generate import Command
from vae.cli.terminal import print_json
from vae.messages.message import Message, UserError
from vae.model import checkpoint


def add(command: Command) -> None:
    """The command with its arguments."""
    pack = command("pack", _pack, "Write a model with 8 bits a weight instead of 16: a file about half as large.")
    pack.add_argument("--output", required=True, metavar="FILE", help="the model file to write (.safetensors)")


def _pack(arguments: argparse.Namespace) -> int:
    model, output = Path(arguments.model), Path(arguments.output)
    if not output.parent.is_dir():
        raise UserError(Message("cli.no_such_folder", folder=str(output.parent)))
    checkpoint.save(output, checkpoint.load(model), bits=8)
    before, after = model.stat().st_size, output.stat().st_size
    if arguments.json:
        print_json({"model": str(output), "bytes": after, "bytes_before": before})
    else:
        print(f"{output}: {after / 1e6:.1f} MB, {before / 1e6:.1f} MB before")
    return 0
