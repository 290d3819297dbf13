"""What stands around Gradio's server: the guard, /health, the pass phrase, the badge, the page's scripts."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections import ChainMap
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import queueing, state_holder
from gradio.blocks import BlocksConfig
from gradio.utils import get_upload_folder
from starlette.middleware import Middleware

from vae import journal
from vae.limits import Limits
from vae.ui import guard, health, phrase, policy, uploads
from vae.ui.badge import Badge
from vae.ui.meter import Meter
from vae.ui.session import ASSETS


class Caught:
    """In place of the module `traceback` in Gradio's queue: what a request broke goes to the log as all else does."""

    @staticmethod
    def print_exc() -> None:
        error = sys.exc_info()[1]
        if error is not None:
            files = [Path(call.filename) for call in traceback.extract_tb(error.__traceback__)]
            if any(file.is_relative_to(ASSETS.parent / "vae") for file in files):
                journal.caught("handler failed", error)
            else:  # a value of a wrong kind, which no page sends
                journal.caught("request not understood", error, logging.WARNING)


class Slim(state_holder.SessionState):
    """A Gradio session that keeps what was changed on its page, and no copy of the rest.

    Gradio's own has half a megabyte for deep links, which this page has not, and a list of all components.
    """

    def __init__(self, blocks: gr.Blocks) -> None:
        page = blocks.default_config
        self.blocks_config = BlocksConfig(page.root_block)
        vars(self.blocks_config).update(blocks=ChainMap({}, page.blocks), fns=page.fns, fn_id=page.fn_id)
        self.config_values: dict[int, Any] = {}
        self.state_data: dict[int, Any] = {}
        self._state_ttl: dict[int, Any] = {}
        self.is_closed = False
        self.STATE_TTL_WHEN_CLOSED = 3600

    def __setitem__(self, key: int, value: Any) -> None:
        super().__setitem__(key, value)
        self.config_values.clear()

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value: Any) -> None:
        pass


def around(demo: gr.Blocks, head: str, words: str = "") -> dict[str, Any]:
    """What `launch` needs besides: `app_kwargs` and `max_file_size`.

    Args:
        head: the HTML that the page gets in its head.
        words: the pass phrase of the class; by default the environment's `VAE_PASS_PHRASE`, or none.
    Raises:
        ValueError: the pass phrase is too short, or a limit of the environment out of its range.
    """
    uploads.careful()
    vars(queueing)["traceback"] = Caught
    vars(state_holder)["SessionState"] = Slim
    limits = Limits.from_environment()
    meter, largest, most = Meter(), guard.upload_bytes(limits), limits.uploads_mb * guard.MEGABYTE
    words = words or os.environ.get(phrase.VARIABLE, "")
    folder = Path(get_upload_folder())
    walls: list[guard.Wall] = [
        partial(health.Health, demo=demo, meter=meter),
        partial(guard.Guard, max_file=largest, room=lambda: uploads.size(folder) < most),
    ]
    if words:
        key = phrase.secret_of(health.folder(demo))
        walls.insert(0, partial(phrase.Gate, words=phrase.checked(words), key=key, title=str(demo.title)))
    inside = [Middleware(policy.Scripts, head=head), Middleware(Badge, meter=meter)]
    return {
        "max_file_size": largest,
        "app_kwargs": {
            "middleware": inside,
            "lifespan": guard.around(*walls),
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
    }
