"""The command line: `python -m vae train | sample | interpolate | reconstruct | evaluate`."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from vae import checkpoint, corpus, distributed, folders, latent, scores
from vae.config import PRESETS, Config, Parameter, parameters
from vae.evaluate import evaluate
from vae.events import Evaluated, Finished, to_json
from vae.plan import About
from vae.store import Run, atomic_write
from vae.terminal import Display, StopOnInterrupt
from vae.textfile import TextFile
from vae.train import train

_PRESET = "balanced"
_FINE_TUNING_MINUTES = 0.5  # unless a length is given
_LENGTHS = ("steps", "minutes", "epochs")  # the one that is given overrules the preset's


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


def _train(arguments: argparse.Namespace) -> int:
    output = Path(arguments.output)
    if not output.parent.is_dir():
        raise ValueError(f"the folder {output.parent} does not exist: make it, or choose another --output")
    if (arguments.corpus is None) == (arguments.resume is None):
        raise ValueError("give either a CORPUS to start with or --resume FOLDER to go on with")
    _check_output(output, arguments)
    with distributed.group():
        if distributed.rank():
            return _assist(Path(arguments.resume or folders.shared(output)))
        folder, again, event, evaluated = _lead(arguments, output)
    if event.path:
        atomic_write(output, Path(event.path).read_bytes())
    if event.reason == "done":
        Run(folder).remove()
    if arguments.json:
        figures = asdict(evaluated) if evaluated else {}
        _print_json({"model": str(output) if event.path else None, **asdict(event), "last_evaluation": figures})
    else:
        print(event.message, file=sys.stderr)
        if event.path:
            print(f"Model: {output} ({output.stat().st_size / 1e6:.1f} MB)", file=sys.stderr)
        if event.reason == "stopped":
            print(f"To go on: {again}", file=sys.stderr)
    return 1 if event.reason == "diverged" else 0


def _check_output(output: Path, arguments: argparse.Namespace) -> None:
    """Raises ValueError, before hours of work: the model cannot be written there, or would take something's place."""
    run = Path(arguments.resume) if arguments.resume else folders.shared(output)
    if output.is_dir():
        raise ValueError(f"--output {output} is a folder: name a file in it")
    if arguments.corpus and output.exists() and output.samefile(arguments.corpus):
        raise ValueError(f"--output {output} is the text itself: choose another name for the model")
    for flag, place in (("--output", output), ("--events", arguments.events), ("--prepared", arguments.prepared)):
        if place and run.resolve() in (Path(place).resolve(), *Path(place).resolve().parents):
            raise ValueError(f"{flag} {place} lies in the folder of the run, {run}: choose a place outside of it")


def _lead(arguments: argparse.Namespace, output: Path) -> tuple[Path, str, Finished, Evaluated | None]:
    """The training as its only process does it, or the first of several: its folder, how to go on, and how it ended."""
    stop, show = StopOnInterrupt(), Display(quiet=arguments.json)
    begun = False
    if arguments.resume:
        _refuse_settings(arguments)
        folder, begun = Path(arguments.resume), True
    elif distributed.world() > 1:
        folder = folders.shared(output)
        command = {name: value for name, value in vars(arguments).items() if name not in ("run", "started")}
        begun = folders.take(folder, Path(arguments.corpus), command)
    else:
        folder = folders.new(output)
    if begun:
        events = train(None, None, folder, resume=True, control=stop.wish, started=arguments.started)
    else:
        Path(arguments.corpus).stat()  # before anything is written
        text = TextFile(
            Path(arguments.corpus), layout=arguments.layout or "auto", column=arguments.column,
            keep=Path(arguments.prepared) if arguments.prepared else None, say=show.preparing,
        )  # fmt: skip
        about = About(arguments.name or "", arguments.attribution or "")
        events = train(
            _config(arguments), text, folder, start_from=arguments.start_from, control=stop.wish,
            started=arguments.started, about=about,
        )  # fmt: skip
    evaluated: Evaluated | None = None
    mode = "a" if begun else "w"
    with stop, folders.emptied(folder), open(arguments.events or os.devnull, mode, encoding="utf-8") as told:
        for event in events:
            show(event)
            print(to_json(event), file=told, flush=True)
            evaluated = event if isinstance(event, Evaluated) else evaluated
    assert isinstance(event, Finished)
    again = "start the same command again"
    if distributed.world() == 1:
        again = f"python -m vae train --resume {folder} --output {output}"
    return folder, again, event, evaluated


def _assist(folder: Path) -> int:
    """What every process but the first one does: its part of the training, without a word. The exit status."""
    with StopOnInterrupt(quiet=True) as stop:
        *_, event = train(None, None, folder, control=stop.wish)
    assert isinstance(event, Finished)
    return 1 if event.reason == "diverged" else 0


def _sample(arguments: argparse.Namespace) -> int:
    loaded = checkpoint.load(arguments.model)
    points = latent.sample(
        loaded.text_model, arguments.n, temperature=arguments.temperature, top_k=arguments.top_k,
        top_p=arguments.top_p, start=arguments.start, from_start=arguments.from_start, beam=arguments.beam,
        seed=arguments.seed,
    )  # fmt: skip
    if arguments.json:
        rows = [{**asdict(point), "new": loaded.is_new(point.text)} for point in points]
        _print_json({
            "seed": arguments.seed, "samples": rows,
            "distinct": scores.distinct([point.text for point in points]),
            "new": None if rows[0]["new"] is None else sum(row["new"] for row in rows) / len(rows),
        })  # fmt: skip
    else:
        print("\n".join(point.text for point in points))
    return 0


def _interpolate(arguments: argparse.Namespace) -> int:
    tm = checkpoint.load(arguments.model).text_model
    points = latent.path(tm, arguments.a, arguments.b, steps=arguments.steps, kind=arguments.path)
    if arguments.json:
        _print_json({"a": arguments.a, "b": arguments.b, "path": [asdict(point) for point in points]})
    else:
        print("\n".join(point.text for point in points))
    return 0


def _reconstruct(arguments: argparse.Namespace) -> int:
    tm = checkpoint.load(arguments.model).text_model
    sentences = corpus.lines(Path(arguments.file).read_bytes())
    said = [point.text for point in latent.reconstruct(tm, sentences, beam=arguments.beam)]
    pairs = list(zip(sentences, said, strict=True))
    if arguments.json:
        _print_json({
            "reconstruction_bleu": scores.bleu(said, sentences), "exact_match": scores.exact_match(said, sentences),
            "reconstructions": [{"source": source, "text": text} for source, text in pairs],
        })  # fmt: skip
    else:
        print("\n".join(f"{source}\t{text}" for source, text in pairs))
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    sentences = corpus.lines(Path(arguments.file).read_bytes())
    figures = evaluate(checkpoint.load(arguments.model), sentences, samples=arguments.samples, seed=arguments.seed)
    if arguments.json:
        _print_json(asdict(figures))
    else:
        for name, value in asdict(figures).items():
            print(f"{name:20} {value:.4g}" if isinstance(value, float) else f"{name:20} {value}")
    return 0


def _refuse_settings(arguments: argparse.Namespace) -> None:
    """A run that goes on keeps what it was begun with. Raises ValueError naming the flags that would change that."""
    begun_with = ["preset", "start_from", "column", "layout", "prepared", "name", "attribution"]
    begun_with += [parameter.name for parameter in parameters()]
    said = [name for name in begun_with if getattr(arguments, name) is not None]
    if said:
        flags = ", ".join(f"--{name.replace('start_from', 'from').replace('_', '-')}" for name in said)
        raise ValueError(f"a resumed run keeps the settings it was begun with: leave out {flags}")


def _config(arguments: argparse.Namespace) -> Config:
    """The preset with what was said on the command line."""
    said = {p.name: getattr(arguments, p.name) for p in parameters() if getattr(arguments, p.name) is not None}
    if any(name in said for name in _LENGTHS):
        said = {"steps": 0, "minutes": 0.0, **said}
    elif arguments.start_from:
        said["minutes"] = _FINE_TUNING_MINUTES
    return replace(PRESETS[arguments.preset or _PRESET].config, **said)


def _print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


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
            added.add_argument("model", metavar="MODEL", help="a model file (.safetensors)")
            added.add_argument("--seed", type=int, default=1, help="the same seed gives the same output (default 1)")
        return added

    _add_train(command("train", _train, "Learn from a text, and write a model file."))

    sample = command("sample", _sample, "Say new sentences, drawn from the prior.")
    sample.add_argument("-n", type=int, default=10, help="how many (default 10)")
    sample.add_argument(
        "--temperature", type=float, default=1.0, help="variety: 0 the likeliest words, 1 as learned (default 1)"
    )
    sample.add_argument("--top-k", type=int, default=0, help="choose among the k likeliest pieces; 0 all (default)")
    sample.add_argument("--top-p", type=float, default=1.0, help="choose among the likeliest of this much probability")
    sample.add_argument("--start", default="", metavar="TEXT", help="every sentence starts with this")
    sample.add_argument("--from-start", action="store_true", help="draw around the place of --start")
    sample.add_argument("--beam", type=int, default=1, help="search with this many candidates instead of drawing words")

    interpolate = command("interpolate", _interpolate, "Slide from one sentence to another.")
    interpolate.add_argument("a", metavar="A", help="the first sentence")
    interpolate.add_argument("b", metavar="B", help="the last sentence")
    interpolate.add_argument("--steps", type=int, default=11, help="sentences, both ends counted (default 11)")
    interpolate.add_argument("--path", choices=("lerp", "slerp"), default="lerp", help="a straight line or an arc")

    reconstruct = command("reconstruct", _reconstruct, "Say what is left of each line of a file.")
    reconstruct.add_argument("file", metavar="FILE", help="a text with a sentence a line")
    reconstruct.add_argument("--beam", type=int, default=1, help="candidates of the search (default 1: greedy)")

    evaluated = command("evaluate", _evaluate, "Measure a model on a text with a sentence a line.")
    evaluated.add_argument("file", metavar="FILE", help="a text with a sentence a line; nothing in it is dropped")
    evaluated.add_argument(
        "--samples", type=int, default=100, help="draws a sentence of the importance-weighted bound (default 100)"
    )
    return parser


def _add_train(command: argparse.ArgumentParser) -> None:
    command.add_argument("corpus", metavar="CORPUS", nargs="?", help="a text: txt, csv, tsv, json or jsonl")
    command.add_argument("--output", required=True, metavar="MODEL", help="the model file to write (.safetensors)")
    command.add_argument(
        "--preset", choices=tuple(PRESETS),
        help="; ".join([*(f"{p.name}: {p.gives}" for p in PRESETS.values()), f"{_PRESET} if none is named"]),
    )  # fmt: skip
    command.add_argument("--from", dest="start_from", metavar="MODEL", help="fine-tune this model instead of a new one")
    command.add_argument("--resume", metavar="FOLDER", help="go on with the run in this folder")
    command.add_argument("--column", help="the column or key that holds the sentences")
    command.add_argument("--layout", choices=corpus.LAYOUTS, help="of a txt: a line each, or prose")
    command.add_argument(
        "--prepared", metavar="FOLDER", help="keep the prepared text here, for other runs on it; it takes what is there"
    )
    command.add_argument("--events", metavar="FILE", help="write what happens to this file, a line of JSON an event")
    command.add_argument("--name", help="the model's name (default: the text's)")
    command.add_argument("--attribution", help="credit for the text, kept in the model file")
    for group in dict.fromkeys(parameter.group for parameter in parameters()):
        flags = command.add_argument_group(f"{group} (defaults are the preset's)")
        for parameter in parameters():
            if parameter.group == group:
                _add_flag(flags, parameter)


def _add_flag(flags: Any, parameter: Parameter) -> None:
    flag, text = f"--{parameter.name.replace('_', '-')}", parameter.help.replace("%", "%%")
    if parameter.kind is bool:
        flags.add_argument(flag, action=argparse.BooleanOptionalAction, help=text)
    elif parameter.choices:
        flags.add_argument(flag, choices=parameter.choices, help=text)
    else:
        text = f"{text} {parameter.low:g} to {parameter.high:g}."
        flags.add_argument(flag, type=parameter.kind, metavar="N", help=text)
