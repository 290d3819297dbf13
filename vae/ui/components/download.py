"""A model for the browser to save, as a file or as a page."""

from __future__ import annotations

from pathlib import Path

from gradio.utils import get_upload_folder

from vae.serving.visitors.model_entry import ModelEntry
from vae.serving.visitors.models import copy_to_download, page_to_download
from vae.serving.visitors.session import Session


def file_of(model: ModelEntry) -> str:
    """The path of a copy of a model's file that Gradio may serve. Raises RefusedError: there can be none."""
    return copy_to_download(model, Path(get_upload_folder()))


def page_of(session: Session, with_examples: bool) -> str:
    """The path of the page that keeps the model in use. Raises UserError: there can be none."""
    return page_to_download(session, Path(get_upload_folder()), with_examples=with_examples)
