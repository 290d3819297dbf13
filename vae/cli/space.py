"""The command that puts this program on a Space of the Hugging Face Hub."""

from __future__ import annotations

import argparse
from pathlib import Path

from vae.cli.generate import Command
from vae.cli.terminal import print_json
from vae.hub import client
from vae.messages.message import Message, UserError
from vae.system.paths import ASSETS, PACKAGE

SENT = (
    "README.md", "LICENSE", "app.py", "requirements.txt", "vae", "assets/models", "assets/engine", "assets/corpora",
    "assets/tutorial.py", "assets/screenshots/slide-1280-light.png",
)  # fmt: skip  # the picture is the Space's thumbnail


def add(command: Command) -> None:
    """The command with its arguments."""
    space = command("space", _space, "List what a Space needs of this program, and with --send put it there.")
    space.add_argument("name", metavar="OWNER/NAME", help="the Space, which is made if there is none")
    space.add_argument("--send", action="store_true", help=f"send it, with the token in the variable {client.TOKEN}")
    space.add_argument("--private", action="store_true", help="a new Space is seen by its owner alone")


def files(root: Path) -> list[Path]:
    """What a Space needs of a checkout, sorted: no tests, no pictures but its own, nothing that Python left there."""
    found = [path for name in SENT for path in ((root / name).rglob("*") if (root / name).is_dir() else [root / name])]
    return sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)


def _space(arguments: argparse.Namespace) -> int:
    client.check_name(arguments.name)
    root = PACKAGE.parent
    if ASSETS.parent != root or not (root / "app.py").is_file():
        raise UserError(Message("cli.space_needs_checkout"))
    sizes = {path.relative_to(root).as_posix(): path.stat().st_size for path in files(root)}
    address = None
    if arguments.send:
        sent = {name: root / name for name in sizes}
        token = client.token_of_environment()
        address = client.send(arguments.name, sent, token=token, kind="space", private=arguments.private)
    if arguments.json:
        print_json({"space": arguments.name, "files": sizes, "sent": arguments.send, "address": address})
        return 0
    for name, size in sizes.items():
        print(f"{size:>12,}  {name}")
    print(f"{sum(sizes.values()):>12,}  bytes in {len(sizes)} files")
    print(
        Message("cli.space_sent", address=address) if address else Message("cli.space_not_sent", variable=client.TOKEN)
    )
    return 0
