"""The command line: `python -m vae COMMAND`, with the commands of the files beside this one."""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from collections.abc import Callable, Sequence

from vae.cli import evaluate, generate, pack, page, publish, space, train
from vae.messages.message import Message, UserError
from vae.system import distributed


def main(argv: Sequence[str] | None = None, *, started: float | None = None, program: str = "python -m vae") -> int:
    """Run one command; its exit status. What the user can put right is one line on stderr, and status 2.

    Args:
        started: `time.monotonic()` from which `--minutes` counts; now, by default.
        program: what the help calls it.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")  # models say what not every console's own encoding can
    arguments = _parser(program).parse_args(argv)
    arguments.started = time.monotonic() if started is None else started
    try:
        if arguments.seed is not None and not 0 <= arguments.seed < 2**31:
            raise UserError(Message("cli.seed_out_of_range", seed=arguments.seed, most=2**31 - 1))
        status: int = arguments.run(arguments)
        return status
    except (ValueError, OSError) as error:
        text = error.strerror if isinstance(error, OSError) and error.filename is None and error.strerror else error
        print(f"error: {text}", file=sys.stderr, flush=True)
        if isinstance(error, distributed.LostError):
            os._exit(2)  # a proper end would wait for those who are gone
        return 2


def _parser(program: str = "python -m vae") -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Train a variational autoencoder on sentences, and play with what it learned.",
        epilog=f"A first try:  {program} train text.txt --preset quick --output model.safetensors\n"
        f"         then:  {program} sample model.safetensors -n 10\n"
        f"    the page:  {program} serve   (its options: {program} serve --help)",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], help: str) -> argparse.ArgumentParser:
        subparser = commands.add_parser(name, help=help, description=help)
        subparser.set_defaults(run=run, seed=None)
        subparser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
        if name not in ("train", "space", "fetch"):
            nargs = "+" if name == "compare" else None
            subparser.add_argument("model", metavar="MODEL", nargs=nargs, help="a model file (.safetensors)")
            subparser.add_argument(
                "--seed", type=int, default=1, help="the same seed gives the same output (default 1)"
            )
        return subparser

    train.add(command("train", train.run, "Learn from a text, and write a model file."))
    generate.add(command)
    evaluate.add(command)
    pack.add(command)
    page.add(command)
    publish.add(command)
    space.add(command)
    return parser
