"""What the parts of the page build on: what serves them, the signals between them, and how handlers are bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from vae.serving.visitors.services import Services
from vae.ui.binding import bind

# What is pressed or chosen while the answer to the one before is on its way counts, when that has come. Gradio's usual
# `once`, which a list of events takes too, passes it over.
LATEST: dict[str, Any] = {"trigger_mode": "always_last"}


@dataclass(frozen=True)
class Page:
    """What a tab builds on: its services, the visitor's token, the signals between tabs, and how handlers are bound."""

    services: Services
    token: gr.BrowserState
    tabs: gr.Tabs
    corpus_changed: gr.Textbox
    model_changed: gr.Textbox
    runs_changed: gr.Textbox
    evaluation_wanted: gr.Textbox
    link: gr.Textbox  # the code in the page's address
    watched: gr.Textbox  # the code of the shared training that the Train tab shows; nothing: one's own

    def on(
        self,
        listener: Callable[..., Any] | Sequence[Callable[..., Any]],
        handler: Callable[..., Any],
        inputs: Sequence[gr.blocks.Block] = (),
        outputs: Sequence[gr.blocks.Block] = (),
        **options: Any,
    ) -> Any:
        """Let `handler(session, *inputs)` answer one event, or several; no client of the API sees it."""
        # One name for all of them: a handler's own would take that of an endpoint which shares it.
        options = {"api_visibility": "private", "api_name": "page", "show_progress": "hidden", **options}
        fn, given = bind(self.services.visitors, handler), [self.token, *inputs]
        if callable(listener):
            return listener(fn, given, list(outputs), **options)
        return gr.on(list(listener), fn, given, list(outputs), **options)

    def api(self, handler: Callable[..., Any], name: str | None = None) -> None:
        """The endpoint /name of a typed function `handler(session, ...)`; its docstring is the documentation."""
        gr.events.api(bind(self.services.visitors, handler), api_name=name or handler.__name__)

    def file_api(
        self,
        handler: Callable[..., Any],
        inputs: Sequence[gr.blocks.Block],
        outputs: Sequence[gr.blocks.Block],
        name: str | None = None,
    ) -> None:
        """The endpoint /name of a handler that takes or gives a file: Gradio checks that it was uploaded."""
        trigger = gr.Button(visible=False)
        fn = bind(self.services.visitors, handler)
        trigger.click(fn, [self.token, *inputs], list(outputs), api_name=name or handler.__name__)
