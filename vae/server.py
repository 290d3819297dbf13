"""The server, as `python app.py` and `sentence-space serve` start it."""

from __future__ import annotations

import argparse
import importlib.util
import io
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import ModuleType
from typing import TYPE_CHECKING

from vae.system.imports import change_on_import

if TYPE_CHECKING:
    import gradio as gr

EPILOG = """
The environment says the rest: GRADIO_SERVER_NAME and GRADIO_SERVER_PORT where to listen, VAE_DATA the folder in which
visitors find their texts, trainings and models again after a restart, VAE_LOG a file for the log (one JSON object a
line, else on stderr), and limits for each visitor, which docs/hosting.md lists. /health tells how the server does.
"""


def build(*, tools: bool = False) -> gr.Blocks:
    """The page. Imported in here: a training's worker process may import this file again and needs no page."""
    import_gradio_sooner()
    from vae.ui import build as page

    return page.build(tools=tools)


def import_gradio_sooner() -> None:
    """By a third: at each import, Gradio would write an outline of every component for editors, beside its own code."""

    def write_none(module: ModuleType) -> None:
        vars(module)["create_or_modify_pyi"] = lambda *of: None

    change_on_import("gradio.component_meta", write_none)


def arguments(args: Sequence[str] | None = None, program: str | None = None) -> argparse.Namespace:
    """What the command line says; `program` is what it calls itself."""
    parser = argparse.ArgumentParser(
        prog=program,
        description="Serve the page: train a variational autoencoder for sentences, and play with what it learned.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--classroom", action="store_true",
        help="open it to everybody on the local network, and show the address and a QR code for students",
    )  # fmt: skip
    parser.add_argument("--port", type=_port, help="where to listen; by default the first that is free from 7860 on")
    parser.add_argument(
        "--pass-phrase", metavar="WORDS", default="",
        help="ask visitors for it before they see anything; better in the variable VAE_PASS_PHRASE, which others "
        "on this computer cannot read from its list of processes",
    )  # fmt: skip
    parser.add_argument(
        "--mcp", action="store_true", default=os.environ.get("GRADIO_MCP_SERVER", "").lower() == "true",
        help="let assistants and other programs that speak MCP ask the models; needs the package mcp",
    )  # fmt: skip
    return parser.parse_args(args)


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError("a port is a whole number from 1 to 65535")
    return int(text)


def raise_open_file_limit() -> None:
    """Every stream and upload is an open file, and of those some systems allow 256 unless they are asked for more."""
    with suppress(ImportError, ValueError, OSError):  # a system that has no such limit, or keeps it
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 10_240 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def serve(chosen: argparse.Namespace) -> None:
    """Build the page and serve it until it is interrupted or told to end.

    Raises:
        ValueError: it cannot be served as it is set up; the message says why.
        OSError: the port is taken, or the log cannot be written.
    """
    from vae.messages.message import Message, UserError
    from vae.system import log
    from vae.system.resources import share_heaps
    from vae.web import classroom, pass_phrase

    words = chosen.pass_phrase or os.environ.get(pass_phrase.VARIABLE, "")
    if words:
        pass_phrase.checked(words)  # before the imports below, which take seconds
    if chosen.mcp and importlib.util.find_spec("mcp") is None:
        raise UserError(Message("web.mcp_missing"))
    log.start()
    raise_open_file_limit()
    share_heaps()

    demo = build(tools=chosen.mcp)

    from vae.ui.launch import launch

    where = {"server_name": "0.0.0.0"} if chosen.classroom else {}
    launch(demo, words, tools=chosen.mcp, prevent_thread_lock=True, server_port=chosen.port, quiet=True, **where)
    log.start()  # again: the server has set up its own log meanwhile
    log.event("server started", port=demo.server_port, classroom=chosen.classroom, phrase=bool(words))
    if chosen.classroom:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal that lacks the blocks of a QR code
        kept = bool(os.environ.get("VAE_DATA"))
        print(classroom.invitation(demo.server_port, words, kept=kept, colours=sys.stdout.isatty()), flush=True)
    else:
        print(f"Open {demo.local_url} in a browser. Ctrl-C stops the server.", flush=True)
    try:
        demo.block_thread()
    finally:
        log.event("server stopped")


def main(args: Sequence[str] | None = None, program: str = "python app.py") -> None:
    """Serve the page as the command line says."""
    chosen = arguments(args, program)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # an orderly end: running trainings are saved first
    try:
        serve(chosen)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
