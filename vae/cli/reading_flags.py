"""The flags that say how a text is to be read, and the lines that say how it was."""

from __future__ import annotations

import argparse
from pathlib import Path

from vae.messages.message import Message
from vae.text import corpus
from vae.text.formats.registry import NAMES
from vae.text.options import LAYOUTS, ReadingOptions
from vae.text.report import Report
from vae.text.splitting import SPLITS
from vae.text.telling import told

FLAGS = ("encoding", "format", "part", "column", "layout", "split")
_SHOWN_COLUMNS = 8


def add(command: argparse.ArgumentParser) -> None:
    """The flags; what is not given is found out."""
    group = command.add_argument_group("how the text is read (found out, if not given)")
    group.add_argument("--encoding", help="of the file, such as utf-8, cp1252 or shift_jis")
    group.add_argument("--format", choices=NAMES, help="of the file")
    group.add_argument(
        "--part", help="of an archive or a workbook: the member or the sheet; * for all plain texts of an archive"
    )
    group.add_argument("--column", help="the column or key that holds the sentences")
    group.add_argument("--layout", choices=LAYOUTS, help="of plain text: a sentence a line, or running text")
    group.add_argument("--split", choices=SPLITS, help="of cells: whole, a line each, or a sentence each")


def options(arguments: argparse.Namespace) -> ReadingOptions:
    """What the flags say."""
    given = {flag: getattr(arguments, flag) for flag in FLAGS}
    return ReadingOptions(**{flag: value for flag, value in given.items() if value is not None})


def sentences(path: str, arguments: argparse.Namespace) -> list[str]:
    """The sentences of a file in order, repeated ones included; of a plain text, every line.

    Raises:
        CorpusError: it cannot be read.
        OSError: there is no such file.
    """
    given = {flag: value for flag in FLAGS if (value := getattr(arguments, flag)) is not None}
    return corpus.lines(Path(path).read_bytes(), Path(path).name, **given)


def lines(report: Report) -> list[str]:
    """What a text was taken for, a line each, with how to take it for something else."""
    choices = {"format": NAMES, "layout": LAYOUTS[1:], "split": SPLITS[1:]}
    choices["column"] = tuple(one.name for one in report.candidates[:_SHOWN_COLUMNS] if one.name != report.column)
    found = []
    for option, line in told(report).items():
        if option == "unpacked" or (option == "layout" and report.layout == "table"):
            found.append(str(line))
        elif others := ", ".join(choices.get(option, ())):
            found.append(str(Message("cli.take_one_of", told=line, flag=f"--{option}", choices=others)))
        else:
            found.append(str(Message("cli.take_another", told=line, flag=f"--{option}")))
    return found
