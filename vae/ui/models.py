"""The model line, always there, and the panel behind it: what the model in use is, and how to change it."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.processing_utils import hash_file
from gradio.utils import get_upload_folder

from vae.kinds import KINDS
from vae.ui import charts, share_panel
from vae.ui.model import Model
from vae.ui.session import ASSETS, RefusedError, Session, stamp

if TYPE_CHECKING:
    from vae.ui.shell import Page

HEADER = """
<header class="top">
  <h1 class="wordmark">TITLE</h1>
  <button type="button" class="model-line" aria-expanded="false" aria-controls="model-panel">
    <span class="term">Model:</span> <span class="model-name">…</span> <span class="model-origin"></span>
    <span class="arrow" aria-hidden="true">▾</span>
  </button>
  <button type="button" class="icon theme" aria-label="Dark theme"><span aria-hidden="true">◐</span></button>
  <button type="button" class="icon help" aria-label="Help"><span aria-hidden="true">?</span></button>
  <dialog class="sheet" aria-labelledby="help-title">HELP<button type="button" class="close">Close</button></dialog>
</header>
"""


def build_header(title: str) -> gr.HTML:
    """The one line at the top. Value: {"name", "origin"} of the model in use."""
    text = (ASSETS / "help.html").read_text("utf-8")
    return gr.HTML(
        html_template=HEADER.replace("TITLE", title).replace("HELP", text),
        js_on_load="space.header({element, props, watch})",
        apply_default_css=False,
        elem_classes=["drawn", "header"],
    )


def models(session: Session) -> list[dict[str, object]]:
    """The models this visitor may use: the bundled one and their own.

    Args:
        token: of /start.
    Returns:
        For each {"id", "name", "family", "origin", "in_use"}.
    """
    every = session.models()
    used = session.model().id if every else ""
    return [{"id": m.id, "name": m.name, "family": m.family, "origin": m.origin, "in_use": m.id == used} for m in every]


def use_model(session: Session, model: str) -> list[dict[str, object]]:
    """Switch to another model.

    Args:
        token: of /start.
        model: an id from /models, "bundled" for the one that comes with the page.
    Returns:
        As /models.
    """
    session.use(str(model))
    return models(session)


def load_model(session: Session, file: str) -> list[dict[str, object]]:
    """Load a model file and use it.

    Args:
        token: of /start.
        file: a .safetensors file that this page or `python -m vae train` made.
    Returns:
        As /models.
    """
    add_file(session, file)
    return models(session)


def download_model(session: Session) -> str:
    """The model in use as one .safetensors file, which /load_model takes.

    Args:
        token: of /start.
    """
    return file_of(session.model())


def file_of(model: Model) -> str:
    """The path of a copy of the model file that Gradio may serve, under the model's name. It is made once, and whole.

    Raises:
        RefusedError: the disk is full, or the model's file is gone.
    """
    try:
        return _copy(model)
    except OSError as error:
        raise RefusedError(f"The model cannot be downloaded: {error.strerror or 'its file cannot be read'}.") from error


def _copy(model: Model) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", model.name.lower()).strip("-")[:40] or "model"
    copy = Path(get_upload_folder()) / hash_file(model.path) / f"{slug}.safetensors"
    if copy.exists():
        os.utime(copy)  # Gradio removes what was not touched for a day
        return str(copy)
    copy.parent.mkdir(parents=True, exist_ok=True)
    growing = copy.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        shutil.copyfile(model.path, growing)
        growing.replace(copy)
    finally:
        growing.unlink(missing_ok=True)
    return str(copy)


def add_file(session: Session, file: object) -> None:
    """Check and keep an uploaded model file. Raises RefusedError, CheckpointError."""
    if not isinstance(file, str) or not file:
        raise RefusedError("No file arrived. Choose a .safetensors model file.")
    session.add_model(Path(file), "loaded from a file")


def described(session: Session) -> Iterator[tuple[Any, ...]]:
    """Header, facts, list of models and message for the model in use; the facts when it is loaded."""
    every = session.models()
    choices = [(m.label, m.id) for m in every]
    if not every:
        none = charts.note_value("note", "There is no model yet. Train one, or load a model file.")
        yield {"name": "none yet", "origin": ""}, [], gr.Radio(choices=[], visible=False), none
        return
    model = session.model()
    header = {"name": model.name, "origin": model.about}
    radio = gr.Radio(choices=choices, value=model.id, visible=len(every) > 1)
    if not session.ready:
        yield header, gr.skip(), radio, gr.skip()
    try:
        yield header, facts(session), radio, gr.skip()
    except ValueError as error:
        yield header, [], radio, charts.note_value("error", str(error))


def facts(session: Session) -> list[list[str]]:
    """What is known of the model in use, as (term, words)."""
    model, info = session.model(), session.checkpoint().info
    size = model.path.stat().st_size / 1e6
    trained = f"{info.trained_on}, {info.sentences:,} sentences"
    kind = KINDS[model.family]
    dimensions = f"{len(info.kl)} latent dimensions, " if kind.space else ""
    rows = [
        ["Family", f"{kind.title}. {kind.lacks}".strip()],
        ["Trained on", f"{trained}. {info.attribution}" if info.attribution else trained],
        ["Size", f"{info.parameters:,} weights, {dimensions}{size:.1f} MB"],
        ["Its space", info.verdict if kind.space else ""],
        ["From", model.origin],
    ]
    return [row for row in rows if row[1]]


def chosen(session: Session, model: str) -> tuple[Any, Any]:
    """The visitor picked a model from the list."""
    try:
        used = session.use(str(model))
    except ValueError as error:
        return charts.note_value("error", str(error)), gr.skip()
    return charts.note_value("done", f"Now using {used.name}."), stamp()


def uploaded(session: Session, file: str | None) -> tuple[Any, Any]:
    """The visitor gave a model file: it is used at once, or refused with the reason in place."""
    try:
        add_file(session, file)
    except ValueError as error:
        return charts.note_value("error", f"This file was not loaded. {error}"), gr.skip()
    return charts.note_value("done", f"{session.model().name} is loaded and in use."), stamp()


def saved(session: Session) -> tuple[Any, Any]:
    """What stands in place of an error, and the file of the model in use for the browser to save."""
    try:
        return gr.skip(), download_model(session)
    except ValueError as error:
        return charts.note_value("error", str(error)), None


def to_evaluation(session: Session) -> tuple[Any, Any]:
    """Open the Compare tab, and let it evaluate the model in use."""
    return gr.Tabs(selected="compare"), stamp()


SAVE = """(file) => {
  if (!file) return;
  const link = document.createElement("a");
  link.href = file.url;
  link.download = file.orig_name || "model.safetensors";
  document.body.append(link);
  link.click();
  link.remove();
}"""


def build(page: Page, header: gr.HTML) -> None:
    """Lay out the panel behind the model line and connect it."""
    with gr.Column(elem_id="model-panel"):
        rows = charts.drawn("facts")
        pick = gr.Radio([], label="Use another", elem_classes=["choices", "tall"], elem_id="model-list", visible=False)
        with gr.Row(elem_classes=["row", "actions"]):
            save = gr.Button("Download this model", elem_id="model-download", scale=0, min_width=176)
            evaluate = gr.Button("Evaluate this model", elem_id="model-evaluate", scale=0, min_width=176)
            give = gr.UploadButton(
                "Load a model file", file_types=[".safetensors"], elem_id="model-load", scale=0, min_width=176
            )
        message = charts.note(elem_id="model-message")
        share_panel.build(page, message)
    file = gr.File(visible="hidden", interactive=False)

    page.on(page.model_changed.change, described, [], [header, rows, pick, message])
    page.on(pick.input, chosen, [pick], [message, page.model_changed])
    page.on(give.upload, uploaded, [give], [message, page.model_changed])
    wanted = page.on(evaluate.click, to_evaluation, [], [page.tabs, page.evaluation_wanted])
    wanted.then(None, js="() => space.reveal('evaluate')", api_visibility="private", show_progress="hidden")
    page.on(save.click, saved, [], [message, file]).success(None, [file], None, js=SAVE)

    page.api(models)
    page.api(use_model)
    page.file_api(load_model, [gr.File(visible=False, type="filepath")], [gr.JSON(visible=False)])
    page.file_api(download_model, [], [gr.File(visible=False)])
