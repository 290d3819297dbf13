"""The command line: `python -m vae train | sample | interpolate | reconstruct | evaluate | compare`."""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from collections.abc import Callable, Sequence

from vae.cli import evaluate, generate, train
from vae.system import distributed


def main(argv: Sequence[str] | None = None, *, started: float | None = None) -> int:
    """Run one command; its exit status. Errors of the user's are one line on stderr and status 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")  # models say what not every console's own encoding can
    arguments = _parser().parse_args(argv)
    arguments.started = time.monotonic() if started is None else started
    try:
        if arguments.seed is not None and not 0 <= arguments.seed < 2**31:
            raise ValueError(f"seed is {arguments.seed}: it must lie between 0 and {2**31 - 1}")
        status: int = arguments.run(arguments)
        return status
    except (ValueError, OSError) as error:
        words = error.strerror if isinstance(error, OSError) and error.filename is None and error.strerror else error
        print(f"error: {words}", file=sys.stderr, flush=True)
        if isinstance(error, distributed.LostError):
            os._exit(2)  # a proper end would wait for those who are gone
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m vae",
        description="Train a variational autoencoder on sentences, and play with what it learned.",
        epilog="A first try:  python -m vae train text.txt --preset quick --output model.safetensors\n"
        "         then:  python -m vae sample model.safetensors -n 10",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help)
        added.set_defaults(run=run)
        added.add_argument("--json", action="store_true", help="print one JSON object instead of text")
        if name != "train":
            many = "+" if name == "compare" else None
            added.add_argument("model", metavar="MODEL", nargs=many, help="a model file (.safetensors)")
            added.add_argument("--seed", type=int, default=1, help="the same seed gives the same output (default 1)")
        return added

    train.add(command("train", train.run, "Learn from a text, and write a model file."))
    generate.add(command)
    evaluate.add(command)
    return parser
