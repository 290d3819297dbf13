"""What stands around Gradio's server: the guard, /health, the pass phrase, the badge, the page's scripts."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder
from starlette.middleware import Middleware

from vae.serving.limits import Limits
from vae.system.files import folder_size
from vae.web import gradio_patches, health, pass_phrase, request_limits, security_headers
from vae.web.latency import LatencyMeter
from vae.web.session_isolation import SessionIsolation


def around(demo: gr.Blocks, head: str, words: str = "") -> dict[str, Any]:
    """What `launch` needs besides: `app_kwargs` and `max_file_size`.

    Args:
        head: the HTML that the page gets in its head.
        words: the pass phrase of the class; by default the environment's `VAE_PASS_PHRASE`, or none.
    Raises:
        ValueError: the pass phrase is too short, or a limit of the environment out of its range.
    """
    gradio_patches.apply()
    limits = Limits.from_environment()
    meter, largest, most = (
        LatencyMeter(),
        request_limits.upload_bytes(limits),
        limits.uploads_mb * request_limits.MEGABYTE,
    )
    words = words or os.environ.get(pass_phrase.VARIABLE, "")
    folder = Path(get_upload_folder())
    walls: list[request_limits.Wall] = [
        partial(health.Health, demo=demo, meter=meter),
        partial(request_limits.RequestLimits, max_file=largest, room=lambda: folder_size(folder) < most),
    ]
    if words:
        key = pass_phrase.secret_of(health.folder(demo))
        walls.insert(
            0, partial(pass_phrase.PassPhraseGate, words=pass_phrase.checked(words), key=key, title=str(demo.title))
        )
    inside = [Middleware(security_headers.ScriptPolicy, head=head), Middleware(SessionIsolation, meter=meter)]
    return {
        "max_file_size": largest,
        "app_kwargs": {
            "middleware": inside,
            "lifespan": request_limits.around(*walls),
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
    }
