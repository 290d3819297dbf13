"""How the page is served."""

from __future__ import annotations

from typing import Any

import gradio as gr

from vae.ui import assets
from vae.ui.theme import theme
from vae.web import assemble, gradio_patches

MAX_OPEN = 400  # requests at once; nearly all are streams that wait, for computing is bounded a handler
MAX_QUEUED = 1_000
MAX_SESSIONS = 1_000  # pages of which Gradio keeps what was changed on them


def options() -> dict[str, Any]:
    """How the page is launched: no remote fonts, no doors beside the door, nothing stored on shared computers."""
    return {
        "theme": theme(),
        "head": assets.head(),
        "ssr_mode": False,
        "run_history": False,
        "show_error": False,
        "max_threads": MAX_OPEN,
        "state_session_capacity": MAX_SESSIONS,
        "allowed_paths": [],
        "strict_cors": True,
        "enable_monitoring": False,
        "footer_links": [],
    }


def launch(demo: gr.Blocks, phrase: str = "", *, tools: bool = False, **more: Any) -> Any:
    """Queue and launch `demo`; `more` goes to Gradio's launch. Returns what that returns.

    Args:
        phrase: a pass phrase to ask for; by default that of the environment, if there is one.
        tools: whether programs may ask by MCP; the page was built with its tools.
    Raises:
        ValueError: the pass phrase is too short.
    """
    demo.queue(api_open=False, default_concurrency_limit=4, max_size=MAX_QUEUED)
    gradio_patches.calm(demo)
    given = options()
    around = assemble.launch_options(demo, given["head"], phrase, assets.first_sight(), tools=tools)
    return demo.launch(**{**given, **around, "mcp_server": tools, **more})
