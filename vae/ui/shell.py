"""The page around the tabs: header, model panel, help, the signals between tabs, and how it is served."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Before gradio and torch are imported, which read these. Gradio would add up its last 10,000 requests at each new one.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # an answer is so small that it takes longer on two threads

import gradio as gr
from gradio.utils import get_upload_folder

from vae.jobs import Jobs
from vae.ui import compare_tab, corpus_tab, edge, health, links, models, sample, slide, train_tab
from vae.ui.binding import bind, told
from vae.ui.session import ASSETS, stamp
from vae.ui.share_api import ShareEndpoints
from vae.ui.sharing import Sharing
from vae.ui.training import Trainings
from vae.ui.visitors import Visitors

TITLE = "Sentence space"
MAX_OPEN = 400  # requests at once; nearly all are streams that wait, for computing is bounded a handler
MAX_QUEUED = 1_000
MAX_SESSIONS = 1_000  # pages of which Gradio keeps what was changed on them
TABS: dict[str, Any] = {
    "Corpus": corpus_tab, "Train": train_tab, "Sample": sample, "Slide": slide, "Compare": compare_tab,
}  # fmt: skip
SANS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]


@dataclass(frozen=True)
class Page:
    """What a tab builds on: the visitor's token, the signals between tabs, and how handlers are bound."""

    visitors: Visitors
    jobs: Jobs
    sharing: Sharing
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
        fn, given = bind(self.visitors, handler), [self.token, *inputs]
        if callable(listener):
            return listener(fn, given, list(outputs), **options)
        return gr.on(list(listener), fn, given, list(outputs), **options)

    def api(self, handler: Callable[..., Any], name: str | None = None) -> None:
        """The endpoint /name of a typed function `handler(session, ...)`; its docstring is the documentation."""
        gr.events.api(bind(self.visitors, handler), api_name=name or handler.__name__)

    def file_api(
        self,
        handler: Callable[..., Any],
        inputs: Sequence[gr.blocks.Block],
        outputs: Sequence[gr.blocks.Block],
        name: str | None = None,
    ) -> None:
        """The endpoint /name of a handler that takes or gives a file: Gradio checks that it was uploaded."""
        trigger = gr.Button(visible=False)
        fn = bind(self.visitors, handler)
        trigger.click(fn, [self.token, *inputs], list(outputs), api_name=name or handler.__name__)


def open_page(visitors: Visitors, jobs: Jobs, token: object) -> tuple[Any, ...]:
    """The token to go on with, and a new stamp for each signal of which the visitor has something to be shown."""
    with told():
        token = visitors.start(token)
        session = visitors.get(token)
    text, run = session.text is not None or session.lost != "", bool(jobs.runs(session.owner))
    return token, stamp() if text else gr.skip(), stamp(), stamp() if run else gr.skip()


def build(data: Path | None = None, bundled: Path | None = None) -> gr.Blocks:
    """The whole page. `data` is the folder for what visitors make, `bundled` the model for all (see Visitors)."""
    links.refuse()
    visitors = Visitors(data, bundled)
    # What is uploaded lies in a folder of ours, which is tidied with the rest; one that the environment names is not.
    uploads = visitors.data / "uploads"
    os.environ.setdefault("GRADIO_TEMP_DIR", str(uploads))
    visitors.uploads = uploads if Path(get_upload_folder()) == uploads else None
    visitors.tidy()
    jobs = Jobs(visitors.data / "runs", records=visitors.records, limits=visitors.limits)
    visitors.on_forget = jobs.forget
    sharing = Sharing(visitors.common, jobs)
    demo: gr.Blocks = gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3600, 86400))
    with demo:
        token = gr.BrowserState("", storage_key="sentence-space", secret="a name tag, not a lock")
        signals = [gr.Textbox(visible="hidden", show_label=False, container=False) for _ in range(6)]
        header = models.build_header(TITLE)
        tabs = gr.Tabs(selected="slide", elem_id="tabs", render=False)
        page = Page(visitors, jobs, sharing, token, tabs, *signals)
        models.build(page, header)
        tabs.render()  # type: ignore[no-untyped-call]
        with tabs:
            for name, tab in TABS.items():
                with gr.Tab(name, id=name.lower()) as room:
                    tab.build(page, room)
        opened = demo.load(
            lambda token: open_page(visitors, jobs, token),
            token,
            [token, page.corpus_changed, page.model_changed, page.runs_changed],
            api_visibility="private",
            show_progress="hidden",
        )
        for arrived in (opened.then, opened.failure):  # what is pressed after a failure says to reload the page
            arrived(None, js="() => space.arrived()", api_visibility="private", show_progress="hidden")
        opened.success(None, None, page.link, js="() => space.link()", api_visibility="private", show_progress="hidden")

        def start() -> str:
            """Begin a visit. Every other endpoint takes the token that this one returns."""
            with told():
                return visitors.start()

        gr.events.api(start, api_name="start")
        ShareEndpoints(visitors, sharing, Trainings(jobs)).add_to(page)
    health.watch(demo, visitors.data, jobs.health, visitors.health)

    def close() -> None:
        jobs.close()
        visitors.close()

    weakref.finalize(demo, close)
    visitors.attend(jobs.warm)
    return demo


def options() -> dict[str, Any]:
    """How the page is launched: no remote fonts, no doors beside the door, nothing stored on shared computers."""
    style = "\n".join(path.read_text("utf-8") for path in sorted(ASSETS.glob("*.css")))
    script = "\n".join(path.read_text("utf-8") for path in sorted(ASSETS.glob("*.js")))
    return {
        "theme": theme(),
        "head": f"<style>{style}</style><script>{script}</script>",
        "ssr_mode": False,
        "run_history": False,
        "show_error": False,
        "max_threads": MAX_OPEN,
        "state_session_capacity": MAX_SESSIONS,
        "allowed_paths": [],
        "strict_cors": True,
        "enable_monitoring": False,
        "footer_links": ["api", "settings"],
    }


def launch(demo: gr.Blocks, words: str = "", **more: Any) -> Any:
    """Queue and launch `demo`; `more` goes to Gradio's launch. Returns what that returns.

    Args:
        words: a pass phrase to ask for; by default that of the environment, if there is one.
    Raises:
        ValueError: the pass phrase is too short.
    """
    demo.queue(api_open=False, default_concurrency_limit=4, max_size=MAX_QUEUED)
    # It looks for something to do a thousand times a second, and for progress bars, of which there are none, a hundred.
    demo._queue.sleep_when_free, demo._queue.progress_update_sleep_when_free = 0.01, 1.0
    given = options()
    return demo.launch(**{**given, **edge.around(demo, given["head"], words), **more})


def theme() -> gr.themes.Base:
    """Gradio's own parts in the colours of assets/space.css, which defines both themes."""
    base = gr.themes.Base(font=SANS, font_mono=MONO, radius_size="md", text_size="md", spacing_size="md")
    colours = {
        "body_background_fill": "var(--paper)",
        "body_text_color": "var(--ink)",
        "body_text_color_subdued": "var(--ink-2)",
        "background_fill_primary": "var(--paper)",
        "background_fill_secondary": "var(--sheet)",
        "border_color_primary": "var(--line)",
        "border_color_accent": "var(--accent)",
        "color_accent_soft": "var(--wash)",
        "block_background_fill": "transparent",
        "block_border_color": "transparent",
        "block_label_text_color": "var(--ink-2)",
        "block_label_background_fill": "transparent",
        "block_title_text_color": "var(--ink)",
        "block_info_text_color": "var(--ink-2)",
        "input_background_fill": "var(--sheet)",
        "input_background_fill_focus": "var(--sheet)",
        "input_border_color": "var(--edge)",
        "input_border_color_focus": "var(--accent)",
        "input_placeholder_color": "var(--ink-2)",
        "checkbox_background_color": "var(--sheet)",
        "checkbox_background_color_selected": "var(--accent)",
        "checkbox_border_color": "var(--edge)",
        "checkbox_border_color_selected": "var(--accent)",
        "checkbox_label_background_fill": "transparent",
        "checkbox_label_background_fill_hover": "var(--wash)",
        "checkbox_label_background_fill_selected": "var(--wash)",
        "checkbox_label_border_color": "var(--line)",
        "checkbox_label_text_color": "var(--ink)",
        "checkbox_label_text_color_selected": "var(--ink)",
        "button_primary_background_fill": "var(--accent)",
        "button_primary_background_fill_hover": "var(--accent-2)",
        "button_primary_border_color": "var(--accent)",
        "button_primary_text_color": "var(--on-accent)",
        "button_secondary_background_fill": "transparent",
        "button_secondary_background_fill_hover": "var(--wash)",
        "button_secondary_border_color": "var(--edge)",
        "button_secondary_text_color": "var(--ink)",
        "button_cancel_background_fill": "transparent",
        "button_cancel_background_fill_hover": "var(--wash)",
        "button_cancel_border_color": "var(--bad)",
        "button_cancel_text_color": "var(--bad)",
        "slider_color": "var(--accent)",
        "panel_background_fill": "transparent",
        "table_text_color": "var(--ink)",
        "table_border_color": "var(--line)",
        "table_even_background_fill": "transparent",
        "table_odd_background_fill": "transparent",
        "link_text_color": "var(--accent)",
        "error_background_fill": "var(--sheet)",
        "error_border_color": "var(--bad)",
        "error_text_color": "var(--bad)",
    }
    lengths = {
        "block_border_width": "0px",
        "block_padding": "0px",
        "block_shadow": "none",
        "block_label_border_width": "0px",
        "block_title_text_weight": "500",
        "layout_gap": "16px",
        "input_shadow": "none",
        "input_shadow_focus": "none",
        "button_large_text_weight": "500",
        "button_medium_text_weight": "500",
        "button_transform_hover": "none",
    }
    known = set(gr.themes.Base.set.__code__.co_varnames)
    both = colours | {f"{name}_dark": value for name, value in colours.items() if f"{name}_dark" in known}
    return base.set(**both, **lengths)
