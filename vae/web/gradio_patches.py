"""Where Gradio does otherwise than this page needs it: each patch in one place, with its reason.

A patch goes when Gradio no longer needs it: tests/web/test_gradio_patches.py shows each fault on Gradio as it comes.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections import ChainMap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import mcp, oauth, processing_utils, queueing, route_utils, routes, state_holder
from gradio.blocks import BlocksConfig
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException

from vae.system import log
from vae.system.paths import PACKAGE

MAX_PARTS = 4  # of one upload: the page sends a file at a time
MAX_FIELD = 2**16  # bytes of a part that is no file
TOOL = "tool_"  # begins the name of an endpoint that is a tool for MCP clients


@dataclass(frozen=True, slots=True)
class Patch:
    """A change of Gradio: why, with which version that was seen last, and what makes it."""

    reason: str
    seen_with: str
    apply: Callable[[], None]


class LoggedTracebacks:
    """In place of the module `traceback` in Gradio's queue: what a request broke goes to the log as all else does."""

    @staticmethod
    def print_exc() -> None:
        error = sys.exc_info()[1]
        if error is not None:
            files = [Path(call.filename) for call in traceback.extract_tb(error.__traceback__)]
            if any(file.is_relative_to(PACKAGE) for file in files):
                log.exception("handler failed", error)
            else:  # a value of a wrong kind, which no page sends
                log.exception("request not understood", error, logging.WARNING)


class SlimSession(state_holder.SessionState):
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


class CarefulParser(route_utils.GradioMultiPartParser):
    """Gradio's parser, which by itself takes 1,000 parts, keeps fields in memory and leaves broken-off files behind."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **{**options, "max_files": MAX_PARTS, "max_fields": MAX_PARTS})

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        part = self._current_part
        if part.file is None and len(part.data) + end - start > MAX_FIELD:
            raise MultiPartException("A field is over the maximum allowed size. Send the text as a file.")
        super().on_part_data(data, start, end)

    def on_headers_finished(self) -> None:
        try:
            super().on_headers_finished()
        except MultiPartException as error:
            if "Too many" in error.message:  # the words by which Gradio answers 413
                raise MultiPartException(f"{error.message} This is the maximum allowed size.") from error
            raise

    async def parse(self) -> FormData:
        try:
            form = await super().parse()
            if any(name != "files" or not isinstance(item, UploadFile) for name, item in form.multi_items()):
                raise MultiPartException("An upload has files and nothing else.")
        except BaseException:  # the browser may be gone
            for file in self._files_to_close_on_error:
                file.close()
                Path(file.name).unlink(missing_ok=True)
            raise
        return form


class ToolServer(mcp.GradioMCPServer):
    """Gradio's MCP server with the endpoints that are named as tools: by itself it offers every public one."""

    def __init__(self, blocks: gr.Blocks) -> None:
        super().__init__(blocks)
        self.api_info = blocks.get_api_info(all_endpoints=True)  # tools are listed here, and not for other clients
        self.tool_to_endpoint = {
            self.valid_and_unique_tool_name(self.tool_prefix + name.removeprefix(f"/{TOOL}"), set()): name
            for name in self.api_info["named_endpoints"]
            if name.startswith(f"/{TOOL}")
        }


def attach_sign_in(app: routes.App) -> None:
    """Gradio's sign-in with a cookie of its own for each site that frames the page, and gone with the browser."""
    oauth.attach_oauth(app)
    app.user_middleware[0].kwargs.update(partitioned=True, max_age=None)


def keep_quiet(*_: object) -> None:
    """In place of `print`."""


async def refuse_link(url: str, *_: Any, **__: Any) -> str:
    """In place of the download of a file that a request names by a link."""
    raise gr.Error("A link is not fetched here. Upload the file itself.", print_exception=False)


PATCHES = {
    "links": Patch(
        "A file that a request names by a link, in any field, is downloaded before any handler runs.",
        "6.31.0",
        lambda: setattr(processing_utils, "async_ssrf_protected_download", refuse_link),
    ),
    "uploads": Patch(
        "An upload may have 1,000 parts, its fields stay in memory, and one that breaks off leaves its files behind.",
        "6.31.0",
        lambda: setattr(route_utils, "GradioMultiPartParser", CarefulParser),
    ),
    "errors": Patch(
        "What a handler could not foresee is printed as a traceback, with all that the visitor wrote in it.",
        "6.31.0",
        lambda: setattr(queueing, "traceback", LoggedTracebacks),
    ),
    "sessions": Patch(
        "Each open page costs a copy of the list of all components, and half a megabyte for deep links.",
        "6.31.0",
        lambda: setattr(state_holder, "SessionState", SlimSession),
    ),
    "tool_sessions": Patch(
        "So does each call of a tool.",
        "6.31.0",
        lambda: setattr(mcp, "SessionState", SlimSession),
    ),
    "tools": Patch(
        "Where programs may ask by MCP, each public endpoint becomes a tool for them, and only these can.",
        "6.31.0",
        lambda: setattr(mcp, "GradioMCPServer", ToolServer),
    ),
    "sign_in": Patch(
        "In the frame of a Space a browser that blocks third-party cookies forgets who has signed in, others never do.",
        "6.31.0",
        lambda: setattr(routes, "attach_oauth", attach_sign_in),
    ),
    "sign_in_log": Patch(
        "The address to come back to is printed, in which the code of something shared may stand.",
        "6.31.0",
        lambda: setattr(oauth, "print", keep_quiet),
    ),
}


def apply() -> None:
    """Make all of these changes. To be called before a page is built; again, it changes nothing."""
    for patch in PATCHES.values():
        patch.apply()


def calm(demo: gr.Blocks) -> None:
    """Let a page's queue look for something to do a hundred times a second, not a thousand, and for progress bars, of
    which there are none, once. Seen with 6.31.0. To be called when the page is queued."""
    demo._queue.sleep_when_free, demo._queue.progress_update_sleep_when_free = 0.01, 1.0
