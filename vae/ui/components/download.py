"""A model file for the browser to save."""

from __future__ import annotations

from pathlib import Path

from gradio.utils import get_upload_folder

from vae.serving.visitors.model_entry import ModelEntry
from vae.serving.visitors.models import copy_to_download


def file_of(model: ModelEntry) -> str:
    """The path of a copy of a model's file that Gradio may serve. Raises RefusedError: there can be none."""
    return copy_to_download(model, Path(get_upload_folder()))
