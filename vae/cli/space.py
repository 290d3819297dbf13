"""The command that puts this program on a Space of the Hugging Face Hub."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import cast

from vae.cli.terminal import print_json
from vae.messages.message import Message, UserError
from vae.system.paths import ASSETS, PACKAGE

Command = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]
TOKEN = "HF_TOKEN"
SENT = (
    "README.md", "LICENSE", "app.py", "requirements.txt", "vae", "assets/models", "assets/engine", "assets/corpora",
    "assets/tutorial.py", "assets/screenshots/slide-1280-light.png",
)  # fmt: skip  # the picture is the Space's thumbnail
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")


def add(command: Command) -> None:
    """The command with its arguments."""
    space = command("space", _space, "List what a Space needs of this program, and with --send put it there.")
    space.add_argument("name", metavar="OWNER/NAME", help="the Space, which is made if there is none")
    space.add_argument("--send", action="store_true", help=f"send it, with the token in the variable {TOKEN}")
    space.add_argument("--private", action="store_true", help="a new Space is seen by its owner alone")


def files(root: Path) -> list[Path]:
    """What a Space needs of a checkout, sorted: no tests, no pictures but its own, nothing that Python left there."""
    found = [path for name in SENT for path in ((root / name).rglob("*") if (root / name).is_dir() else [root / name])]
    return sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)


def _space(arguments: argparse.Namespace) -> int:
    if not _NAME.fullmatch(arguments.name):
        raise UserError(Message("cli.space_name", name=arguments.name))
    root = PACKAGE.parent
    if ASSETS.parent != root or not (root / "app.py").is_file():
        raise UserError(Message("cli.space_needs_checkout"))
    sizes = {path.relative_to(root).as_posix(): path.stat().st_size for path in files(root)}
    address = _send(arguments.name, root, list(sizes), arguments.private) if arguments.send else None
    if arguments.json:
        print_json({"space": arguments.name, "files": sizes, "sent": arguments.send, "address": address})
        return 0
    for name, size in sizes.items():
        print(f"{size:>12,}  {name}")
    print(f"{sum(sizes.values()):>12,}  bytes in {len(sizes)} files")
    print(Message("cli.space_sent", address=address) if address else Message("cli.space_not_sent", variable=TOKEN))
    return 0


def _send(name: str, root: Path, paths: list[str], private: bool) -> str:
    """Make the Space if there is none, and put the files there in one commit. Returns its address.

    Raises:
        UserError: there is no token, the Hub refuses it, or it cannot be reached.
    """
    token = os.environ.get(TOKEN, "").strip()
    if not token:
        raise UserError(Message("cli.space_needs_token", variable=TOKEN))

    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.errors import HfHubHTTPError

    api = HfApi(os.environ.get("HF_ENDPOINT") or None, token=token)
    # What tells that the Hub cannot be reached is of another library in each of its versions: a base of its own.
    failures = cast(tuple[type[Exception], ...], (*HfHubHTTPError.__bases__, RuntimeError))
    try:
        url = api.create_repo(name, repo_type="space", space_sdk="gradio", private=private or None, exist_ok=True)
        added = [CommitOperationAdd(path, root / path) for path in paths]
        api.create_commit(name, added, commit_message="Sentence space", repo_type="space")
    except failures as error:
        answer = error if isinstance(error, HfHubHTTPError) else None
        reason = str((answer and answer.server_message) or error).rstrip(".")
        if answer and answer.response.status_code in (401, 403):
            raise UserError(Message("cli.space_refused", name=name, variable=TOKEN, reason=reason)) from None
        raise UserError(Message("cli.space_failed", name=name, reason=reason)) from None
    return str(url)
