"""What stands around Gradio's server: limits, /health, the pass phrase, sessions kept apart, headers."""

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
from vae.web import (
    device_files,
    gradio_patches,
    health,
    hub_sign_in,
    pass_phrase,
    request_limits,
    script_patches,
    security_headers,
)
from vae.web.latency import LatencyMeter
from vae.web.session_isolation import SessionIsolation


def launch_options(
    demo: gr.Blocks, head: str, phrase: str = "", first: str = "", *, tools: bool = False
) -> dict[str, Any]:
    """What `launch` needs besides: `app_kwargs` and `max_file_size`.

    Args:
        head: the HTML that the page gets in its head.
        phrase: the pass phrase of the class; by default the environment's `VAE_PASS_PHRASE`, or none.
        first: the HTML that is there before all else.
        tools: whether programs may ask by MCP.
    Raises:
        UserError: the pass phrase is too short, or a limit of the environment out of its range.
    """
    gradio_patches.apply()
    limits = Limits.from_environment()
    meter, max_file = LatencyMeter(), request_limits.upload_bytes(limits)
    max_uploads = limits.uploads_mb * request_limits.MEGABYTE
    uploads = Path(get_upload_folder())
    layers: list[request_limits.Layer] = [
        partial(device_files.DeviceRoutes, demo=demo),
        partial(health.Health, demo=demo, meter=meter),
        partial(
            request_limits.RequestLimits,
            max_file=max_file,
            has_room=lambda: folder_size(uploads) < max_uploads,
            tools=tools,
            sign_in=demo.expects_oauth,
        ),
    ]
    phrase = phrase or os.environ.get(pass_phrase.VARIABLE, "")
    if phrase:
        key, words = pass_phrase.secret_of(health.folder(demo)), pass_phrase.checked(phrase)
        layers.insert(1, partial(pass_phrase.PassPhraseGate, words=words, key=key, title=str(demo.title)))
    inside = [
        Middleware(security_headers.ScriptPolicy, head=head, first=first),
        Middleware(script_patches.PatchedScripts),
        Middleware(SessionIsolation, meter=meter),
    ]
    if demo.expects_oauth:
        inside.append(Middleware(hub_sign_in.SignInTroubles))
    return {
        "max_file_size": max_file,
        "app_kwargs": {
            "middleware": inside,
            "lifespan": request_limits.lifespan_with(*layers),
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
    }
