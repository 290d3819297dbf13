"""The command that keeps a model as a page."""

from __future__ import annotations

import argparse
from pathlib import Path

from vae.cli import reading_flags
from vae.cli.generate import Command
from vae.cli.terminal import print_json
from vae.kept_page import space
from vae.kept_page.builder import MAX_PAIRS, Keepsake, build
from vae.messages.message import Message, UserError
from vae.model import checkpoint
from vae.model.page_file import model_in
from vae.system.files import atomic_write
from vae.text import examples


def add(command: Command) -> None:
    """The command with its arguments."""
    page = command("page", _page, "Keep a model as one page that opens in any browser, without a network.")
    page.add_argument("-o", "--output", metavar="FILE", help="the page to write (default: beside the model, as .html)")
    page.add_argument("--space", metavar="FOLDER", help="write a static Space instead: index.html and README.md")
    page.add_argument(
        "--license", default=space.LICENSE, metavar="ID",
        help="of the model and its text, for --space, as Hugging Face names it (default %(default)s)",
    )  # fmt: skip
    page.add_argument(
        "--examples", metavar="TEXT",
        help=f"put {MAX_PAIRS} pairs of sentences of this text into the page, where whoever has it can read them; "
        "without, no sentence that the model learned from is put in",
    )  # fmt: skip
    reading_flags.add(page)


def _page(arguments: argparse.Namespace) -> int:
    if arguments.space and arguments.output:
        raise UserError(Message("cli.page_or_space"))
    file = model_in(Path(arguments.model).read_bytes())
    pairs = []
    if arguments.examples:
        pairs = examples.pairs(reading_flags.sentences(arguments.examples, arguments), MAX_PAIRS, arguments.seed)
    kept = Keepsake(checkpoint.loads(file), file, pairs)
    if arguments.space:
        folder, files = Path(arguments.space), space.build_space(kept, arguments.license)
        folder.mkdir(parents=True, exist_ok=True)
    else:
        output = Path(arguments.output or Path(arguments.model).with_suffix(".html"))
        if not output.parent.is_dir():
            raise UserError(Message("cli.no_such_folder", folder=str(output.parent)))
        folder, files = output.parent, {output.name: build(kept)}
    for name, data in files.items():
        atomic_write(folder / name, data)
    size = max(map(len, files.values()))
    written = [str(folder / name) for name in files]
    if arguments.json:
        print_json({"written": written, "bytes": size, "bytes_of_model": len(file), "examples": pairs})
    else:
        print(f"{', '.join(written)}: {size / 1e6:.1f} MB, the model {len(file) / 1e6:.1f} MB of it")
    return 0
