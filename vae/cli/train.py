"""The command that trains: its flags, and what it does with them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from vae.cli import reading_flags, run_folders
from vae.cli.dry_run import dry_run
from vae.cli.terminal import StopOnInterrupt, TrainingDisplay, print_json
from vae.config.config import Config, Parameter, parameters
from vae.config.families import FAMILIES
from vae.config.presets import PRESETS, PUBLISHED
from vae.messages.message import Message, UserError
from vae.model import checkpoint
from vae.system import distributed
from vae.system.files import atomic_write
from vae.text.options import MAX_CHARACTERS
from vae.text.text_file import TextFile
from vae.training.events import Evaluated, Finished, to_json
from vae.training.plan import RunDescription
from vae.training.run_folder import Run
from vae.training.train import train

_PRESETS = {**PRESETS, PUBLISHED.name: PUBLISHED}
_PRESET = "balanced"
_FINE_TUNING_STEPS = 500  # unless a length is given: some half a minute of the bundled model
_LENGTHS = ("steps", "minutes", "epochs")  # the one that is given overrules the preset's


def add(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    command.add_argument(
        "corpus",
        metavar="CORPUS",
        nargs="?",
        help="a text: plain, a table, JSON, a chat, subtitles, a page, a book, ...",
    )
    command.add_argument("--output", metavar="MODEL", help="the model file to write (.safetensors)")
    command.add_argument(
        "--dry-run", action="store_true", help="show how the text is read, and ten of its sentences; train nothing"
    )
    reading_flags.add(command)
    command.add_argument(
        "--preset", choices=tuple(_PRESETS),
        help="; ".join([*(f"{p.name}: {p.summary}" for p in _PRESETS.values()), f"{_PRESET} if none is named"]),
    )  # fmt: skip
    command.add_argument("--from", dest="start_from", metavar="MODEL", help="fine-tune this model instead of a new one")
    command.add_argument("--resume", metavar="FOLDER", help="go on with the run in this folder")
    command.add_argument(
        "--valid",
        metavar="FILE",
        help="choose the best model by all sentences of this file, and hold out none",
    )
    command.add_argument(
        "--keep-duplicates", action="store_const", const=True, help="learn from a sentence as often as it occurs"
    )
    command.add_argument(
        "--max-characters", type=int, metavar="N",
        help=f"drop sentences that are longer (default {MAX_CHARACTERS})",
    )  # fmt: skip
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


def run(arguments: argparse.Namespace) -> int:
    if arguments.dry_run:
        if arguments.corpus is None or arguments.resume is not None:
            raise UserError(Message("cli.no_dry_resume"))
        return dry_run(Path(arguments.corpus), reading_flags.options(arguments), arguments.json)
    if arguments.output is None:
        raise UserError(Message("cli.output_needed"))
    output = Path(arguments.output)
    if not output.parent.is_dir():
        raise UserError(Message("cli.no_such_folder", folder=str(output.parent)))
    if (arguments.corpus is None) == (arguments.resume is None):
        raise UserError(Message("cli.corpus_or_resume"))
    _check_output(output, arguments)
    with distributed.group():
        if distributed.rank():
            return _train_as_other(Path(arguments.resume or run_folders.shared_folder(output)))
        folder, how_to_resume, event, evaluated = _train_as_first(arguments, output)
    if event.path:
        atomic_write(output, Path(event.path).read_bytes())
    if event.reason == "done":
        Run(folder).remove()
    if arguments.json:
        figures = asdict(evaluated) if evaluated else {}
        print_json({"model": str(output) if event.path else None, **asdict(event), "last_evaluation": figures})
    else:
        print(event.message, file=sys.stderr)
        if event.path:
            print(f"Model: {output} ({output.stat().st_size / 1e6:.1f} MB)", file=sys.stderr)
        if event.reason == "stopped":
            print(f"To go on: {how_to_resume}", file=sys.stderr)
    return 1 if event.reason == "diverged" else 0


def _check_output(output: Path, arguments: argparse.Namespace) -> None:
    """Raises UserError, before hours of work: the model cannot be written there, or would take something's place."""
    run = Path(arguments.resume) if arguments.resume else run_folders.shared_folder(output)
    if output.is_dir():
        raise UserError(Message("cli.output_is_a_folder", output=str(output)))
    if arguments.corpus and output.exists() and output.samefile(arguments.corpus):
        raise UserError(Message("cli.output_is_the_text", output=str(output)))
    for flag, path in (("--output", output), ("--events", arguments.events), ("--prepared", arguments.prepared)):
        if path and run.resolve() in (Path(path).resolve(), *Path(path).resolve().parents):
            raise UserError(Message("cli.inside_the_run", flag=flag, path=str(path), run=str(run)))


def _train_as_first(arguments: argparse.Namespace, output: Path) -> tuple[Path, str, Finished, Evaluated | None]:
    """The training as its only process does it, or the first of several.

    Returns:
        its folder, how to resume it, how it ended, and its last evaluation.
    """
    stop, display = StopOnInterrupt(), TrainingDisplay(quiet=arguments.json)
    resumed = False
    if arguments.resume:
        _refuse_settings(arguments)
        folder, resumed = Path(arguments.resume), True
    elif distributed.world_size() > 1:
        folder = run_folders.shared_folder(output)
        command = {name: value for name, value in vars(arguments).items() if name not in ("run", "started")}
        resumed = run_folders.claim(folder, Path(arguments.corpus), command)
    else:
        folder = run_folders.new_folder(output)
    if resumed:
        events = train(None, None, folder, resume=True, control=stop.control, started=arguments.started)
    else:
        Path(arguments.corpus).stat()  # before anything is written
        options = reading_flags.options(arguments)
        if arguments.max_characters is not None:
            options = replace(options, max_characters=arguments.max_characters)
        text = TextFile(
            Path(arguments.corpus), options, keep_duplicates=bool(arguments.keep_duplicates),
            cache_folder=Path(arguments.prepared) if arguments.prepared else None,
            on_progress=display.show_preparation, on_report=display.show_reading,
        )  # fmt: skip
        validation = replace(text, path=Path(arguments.valid), cache_folder=None) if arguments.valid else None
        description = RunDescription(arguments.name or "", arguments.attribution or "")
        events = train(
            config_of(arguments), text, folder, validation=validation, start_from=arguments.start_from,
            control=stop.control, started=arguments.started, description=description,
        )  # fmt: skip
    evaluated: Evaluated | None = None
    mode = "a" if resumed else "w"
    path = arguments.events or os.devnull
    with stop, run_folders.removed_if_failed(folder), open(path, mode, encoding="utf-8") as event_file:
        for event in events:
            display(event)
            print(to_json(event), file=event_file, flush=True)
            evaluated = event if isinstance(event, Evaluated) else evaluated
    assert isinstance(event, Finished)
    how_to_resume = "start the same command again"
    if distributed.world_size() == 1:
        how_to_resume = f"python -m vae train --resume {folder} --output {output}"
    return folder, how_to_resume, event, evaluated


def _train_as_other(folder: Path) -> int:
    """What every process but the first one does: its part of the training, in silence. Returns the exit status."""
    with StopOnInterrupt(quiet=True) as stop:
        *_, event = train(None, None, folder, control=stop.control)
    assert isinstance(event, Finished)
    return 1 if event.reason == "diverged" else 0


def _refuse_settings(arguments: argparse.Namespace) -> None:
    """A run that goes on keeps what it was begun with. Raises UserError naming the flags that would change that."""
    fixed = ["preset", "start_from", *reading_flags.FLAGS, "prepared", "name", "attribution", "valid"]
    fixed += ["keep_duplicates", "max_characters"]
    fixed += [parameter.name for parameter in parameters()]
    given = [name for name in fixed if getattr(arguments, name) is not None]
    if given:
        raise UserError(Message("cli.settings_are_kept", flags=_flags(given)))


def _flags(names: Sequence[str]) -> str:
    return ", ".join(f"--{name.replace('start_from', 'from').replace('_', '-')}" for name in names)


def config_of(arguments: argparse.Namespace) -> Config:
    """The preset with what was given on the command line.

    Raises:
        UserError: what was given is not possible, or would change nothing, since the family makes no use of it.
    """
    given = {p.name: getattr(arguments, p.name) for p in parameters() if getattr(arguments, p.name) is not None}
    if any(name in given for name in _LENGTHS):
        given = {"steps": 0, "minutes": 0.0, **given}
    elif arguments.start_from and not arguments.decoder_reset:  # a new decoder takes as long as a new model
        given["steps"] = _FINE_TUNING_STEPS
    if arguments.start_from:  # a model stays of its family, unless another is given: then that is an error
        given = {"family": checkpoint.load(arguments.start_from).config.family, **given}
    config = replace(_PRESETS[arguments.preset or _PRESET].config, **given)
    if unused := [name for name in given if not FAMILIES[config.family].uses(name)]:
        title = FAMILIES[config.family].title
        raise UserError(Message("cli.unused_settings", title=title, family=config.family, flags=_flags(unused)))
    return config
