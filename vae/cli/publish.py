"""The commands that put a model on the Hugging Face Hub, with a card, and get one from there."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from vae.cli import reading_flags
from vae.cli.generate import Command
from vae.cli.terminal import StatusLine, print_json
from vae.evaluation.evaluate import evaluate
from vae.hub import client
from vae.hub.model_card import CURVE_FILE, model_card
from vae.hub.training_curve import training_curve
from vae.messages.message import Message, UserError
from vae.model import checkpoint
from vae.system.files import atomic_write
from vae.training.event_log import EventLog
from vae.training.run_folder import Run


def add(command: Command) -> None:
    """The two commands with their arguments."""
    publish = command("publish", _publish, "Write the card of a model, and with --send put both on the Hub.")
    publish.add_argument("name", metavar="OWNER/NAME", help="the repository, which is made if there is none")
    publish.add_argument("--licence", required=True, help="that of the text, as the Hub names it, such as cc-by-4.0")
    publish.add_argument("--text", metavar="FILE", help="sentences it did not learn from, to measure it on")
    publish.add_argument("--curve", metavar="FOLDER", help="of its training, for a picture of how it went")
    publish.add_argument("--send", action="store_true", help=f"send it, with the token in the variable {client.TOKEN}")
    publish.add_argument("--private", action="store_true", help="a new repository is seen by its owner alone")
    reading_flags.add(publish)
    fetch = command("fetch", _fetch, "Get a model from the Hub, and check it.")
    fetch.add_argument("name", metavar="OWNER/NAME", help="the repository")
    fetch.add_argument("--output", required=True, metavar="FILE", help="the model file to write (.safetensors)")


def _publish(arguments: argparse.Namespace) -> int:
    client.check_name(arguments.name)
    path = Path(arguments.model)
    model = checkpoint.load(path)
    curve = _curve(arguments.curve)
    evaluation, command = None, ""
    if arguments.text:
        sentences = reading_flags.sentences(arguments.text, arguments)
        command = shlex.join(["python", "-m", "vae", "evaluate", client.MODEL_FILE, Path(arguments.text).name])
        with StatusLine(arguments.json) as status:
            evaluation = evaluate(model, sentences, seed=arguments.seed, report=status)
    card = model_card(
        model, arguments.name, arguments.licence, evaluation=evaluation, command=command, curve=curve is not None
    )
    files: dict[str, Path | bytes] = {client.CARD_FILE: card.encode(), client.MODEL_FILE: path}
    if curve is not None:
        files[CURVE_FILE] = curve.encode()
    sent = None
    if arguments.send:
        sent = client.send(arguments.name, files, token=client.token_of_environment(), private=arguments.private)
    if arguments.json:
        print_json({"repository": arguments.name, "files": sorted(files), "card": card, "address": sent})
        return 0
    print(card)
    print(Message("hub.sent", address=sent) if sent else Message("hub.card_only", variable=client.TOKEN))
    return 0


def _curve(folder: str | None) -> str | None:
    """The picture of a run's curves. Raises UserError: there is none in the folder."""
    if folder is None:
        return None
    curve = training_curve(EventLog(Run(Path(folder)).events).read())
    if curve is None:
        raise UserError(Message("hub.no_curve", folder=folder))
    return curve


def _fetch(arguments: argparse.Namespace) -> int:
    output = Path(arguments.output)
    if not output.parent.is_dir():
        raise UserError(Message("cli.no_such_folder", folder=str(output.parent)))
    data = client.fetch_model(arguments.name)
    info = checkpoint.loads(data).info  # it comes from a stranger
    atomic_write(output, data)
    if arguments.json:
        print_json({"model": str(output), "name": info.name, "bytes": len(data)})
    else:
        print(f"{output}: {info.name}, {info.sentences:,} sentences of {info.trained_on}. {info.verdict}")
    return 0
