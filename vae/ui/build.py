"""The whole page: header, tabs, and the signals between them."""

from __future__ import annotations

import os
import weakref
from functools import partial
from pathlib import Path
from typing import Any

# Before gradio and torch are imported, which read these. Gradio would add up its last 10,000 requests at each new one.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # an answer is so small that it takes longer on two threads

import gradio as gr
from gradio.utils import get_upload_folder

from vae.serving.jobs.origins import Origin
from vae.serving.visitors.device_models import find_model
from vae.serving.visitors.services import Services
from vae.serving.visitors.visitors import Visitors
from vae.ui.binding import errors_shown
from vae.ui.device import on_device
from vae.ui.header import panel
from vae.ui.header.share_api import ShareEndpoints
from vae.ui.page import Page
from vae.ui.signals import stamp
from vae.ui.tabs import TABS
from vae.ui.tools import Tools
from vae.web import device_files, gradio_patches, health
from vae.web.cookies import client_address, own_cookie
from vae.web.session_isolation import COOKIE

TITLE = "Sentence space"


def origin_of(request: gr.Request) -> Origin:
    """Where a request came from."""
    http = request.request
    return Origin(client_address(http.scope), bool(own_cookie(COOKIE, http.scope))) if http else Origin("")


def open_page(services: Services, token: object, request: gr.Request) -> tuple[Any, ...]:
    """The token to go on with, and a new stamp for each signal of which the visitor has something to be shown."""
    with errors_shown():
        token = services.visitors.start(token)
        session = services.visitors.get(token)
        services.jobs.note_origin(session.owner, origin_of(request))
    text, run = bool(session.text or session.text_problem), bool(services.jobs.runs(session.owner))
    return token, stamp() if text else gr.skip(), stamp(), stamp() if run else gr.skip()


def build(data: Path | None = None, bundled: Path | None = None, *, tools: bool = False) -> gr.Blocks:
    """The whole page. `data` is the folder for what visitors make, `bundled` the model for all (see Visitors).

    Args:
        tools: whether programs may ask the models by MCP.
    """
    gradio_patches.apply()
    visitors = Visitors(data, bundled)
    # What is uploaded lies in a folder of ours, which is tidied with the rest; one that the environment names is not.
    uploads = visitors.data / "uploads"
    os.environ.setdefault("GRADIO_TEMP_DIR", str(uploads))
    visitors.uploads = uploads if Path(get_upload_folder()) == uploads else None
    visitors.tidy()
    services = Services.of(visitors)
    demo: gr.Blocks = gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3600, 86400))
    with demo:
        token = gr.BrowserState("", storage_key="sentence-space", secret="a name tag, not a lock")
        signals = [gr.Textbox(visible="hidden", show_label=False, container=False) for _ in range(6)]
        header = panel.build_header(TITLE)
        tabs = gr.Tabs(selected="slide", elem_id="tabs", render=False)
        page = Page(services, token, tabs, *signals)
        panel.build(page, header)
        tabs.render()  # type: ignore[no-untyped-call]
        with tabs:
            for tab in TABS:
                with gr.Tab(tab.name, id=tab.id) as room:
                    tab.build(page, room)

        def load(token: object, request: gr.Request) -> tuple[Any, ...]:
            return open_page(services, token, request)

        opened = demo.load(
            load,
            token,
            [token, page.corpus_changed, page.model_changed, page.runs_changed],
            api_visibility="private",
            show_progress="hidden",
        )
        for arrived in (opened.then, opened.failure):  # what is pressed after a failure says to reload the page
            arrived(None, js="() => space.arrived()", api_visibility="private", show_progress="hidden")
        opened.success(None, None, page.link, js="() => space.link()", api_visibility="private", show_progress="hidden")

        def start(request: gr.Request) -> str:
            """Begin a visit. Every other endpoint takes the token that this one returns."""
            with errors_shown():
                new = visitors.start()
                services.jobs.note_origin(visitors.get(new).owner, origin_of(request))
                return new

        gr.events.api(start, api_name="start")
        ShareEndpoints(services).add_to(page)
        if tools:
            Tools(services).add()
    device_files.serve(demo, on_device.files(), partial(find_model, visitors))
    health.watch(demo, visitors.data, services.jobs.health, visitors.health)
    weakref.finalize(demo, services.close)
    visitors.start_background(services.jobs.warm)
    return demo
