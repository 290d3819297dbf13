"""No link is ever fetched: a file that a request brings must have been uploaded."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio import processing_utils


def refuse() -> None:
    """Let Gradio refuse a request whose file, in any field, is a URL: it would download it before any handler runs."""

    async def refused(url: str, *_: Any, **__: Any) -> str:
        raise gr.Error("A link is not fetched here. Upload the file itself.", print_exception=False)

    processing_utils.async_ssrf_protected_download = refused
