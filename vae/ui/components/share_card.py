"""What is shown of something that can be shared: the button to begin it, its code, the button to end it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from vae.serving.visitors.session import Session
from vae.serving.visitors.sharing import ShareKind, Sharing

MAY = {
    "model": "Whoever has this code can copy the model, but cannot change or remove yours.",
    "run": "Whoever has this code can watch this training and copy its model at the end, but cannot pause or stop it.",
}


def card(sharing: Sharing, session: Session, kind: ShareKind, target: str | None) -> tuple[Any, Any, Any]:
    """What is shown of a sharing: the button to begin it, the code, the button to end it.

    Args:
        target: id of what can be shared; None where there is nothing.
    """
    code = sharing.code(session, kind, target) if target else None
    shown = {"code": code, "text": MAY[kind]} if code else None
    return gr.update(visible=target is not None and code is None), shown, gr.update(visible=code is not None)
