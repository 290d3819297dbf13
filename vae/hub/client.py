"""The Hugging Face Hub: putting files of ours into a repository there, and getting a model out of one."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from vae.messages.message import Message, UserError

TOKEN = "HF_TOKEN"  # the variable in which a person's token stands; it is stored nowhere
MODEL_FILE, CARD_FILE = "model.safetensors", "README.md"
WRITING = {"contribute-repos", "write-repos", "manage-repos"}  # what a sign-in has to allow for a model to be sent
_MOST = 256 * 2**20  # bytes of a model that is fetched
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")


def check_name(name: str) -> None:
    """Raises UserError: it is not the name of a repository, OWNER/NAME."""
    if not _NAME.fullmatch(name):
        raise UserError(Message("hub.name", name=name))


def token_of_environment() -> str:
    """The token of whoever runs a command. Raises UserError: there is none."""
    token = os.environ.get(TOKEN, "").strip()
    if not token:
        raise UserError(Message("hub.needs_token", variable=TOKEN))
    return token


def send(
    name: str, files: Mapping[str, Path | bytes], *, token: str, kind: str = "model", private: bool = False
) -> str:
    """Make the repository if there is none, and put the files there in one commit.

    Args:
        files: by their path there; what they hold, or where that lies.
        token: of whoever sends them, used for this and kept nowhere.
        kind: "model" or "space".
        private: a new repository is seen by its owner alone.
    Returns:
        Its address.
    Raises:
        UserError: the Hub refuses the token, or cannot be reached. What was there is as it was.
    """
    check_name(name)

    from huggingface_hub import CommitOperationAdd, HfApi

    api = HfApi(os.environ.get("HF_ENDPOINT") or None, token=token)
    sdk = "gradio" if kind == "space" else None
    with _in_words("hub.not_sent", name):
        url = api.create_repo(name, repo_type=kind, space_sdk=sdk, private=private or None, exist_ok=True)
        added = [CommitOperationAdd(path, content) for path, content in files.items()]
        api.create_commit(name, added, commit_message="Sentence space", repo_type=kind)
    return str(url)


def fetch_model(name: str) -> bytes:
    """The model file in a repository that `send` made: bytes of a stranger, for `checkpoint.loads` to check.

    Raises:
        UserError: there is no such repository or no model of ours in it, it is too large, or the Hub cannot be reached.
    """
    check_name(name)

    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    endpoint, token = os.environ.get("HF_ENDPOINT") or None, os.environ.get(TOKEN, "").strip() or False
    with _in_words("hub.not_fetched", name), tempfile.TemporaryDirectory() as folder:
        size = get_hf_file_metadata(hf_hub_url(name, MODEL_FILE, endpoint=endpoint), token=token).size
        if size is None or size > _MOST:
            raise UserError(Message("hub.too_large", name=name, most=_MOST >> 20))
        path = hf_hub_download(name, MODEL_FILE, local_dir=folder, token=token, endpoint=endpoint)
        return Path(path).read_bytes()


@contextmanager
def _in_words(key: str, name: str) -> Iterator[None]:
    """What the Hub and the way to it can do wrong, as a UserError of this key."""
    from huggingface_hub.errors import HfHubHTTPError

    # What tells that the Hub cannot be reached is of another library in each of its versions: a base of its own.
    failures = cast(tuple[type[Exception], ...], (*HfHubHTTPError.__bases__, RuntimeError))
    try:
        yield
    except UserError:
        raise
    except failures as error:
        answer = error if isinstance(error, HfHubHTTPError) else None
        reason = str((answer and answer.server_message) or error).strip().split("\n")[0].rstrip(".")
        if answer and answer.response.status_code in (401, 403):
            raise UserError(Message("hub.refused", name=name, reason=reason)) from None
        if answer and answer.response.status_code == 404:
            raise UserError(Message("hub.not_there", name=name, file=MODEL_FILE)) from None
        raise UserError(Message(key, name=name, reason=reason)) from None
