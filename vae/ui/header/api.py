"""The endpoints of models: /models, /use_model, /load_model, /download_model, /download_page.

Each takes the visitor's token.
"""

from __future__ import annotations

from vae.serving.visitors.models import add_model_file, list_models
from vae.serving.visitors.session import Session
from vae.ui.components.download import file_of, page_of


def models(session: Session) -> list[dict[str, object]]:
    """The models this visitor may use: the bundled one and their own.

    Args:
        token: of /start.
    Returns:
        For each {"id", "name", "family", "origin", "in_use"}.
    """
    return list_models(session)


def use_model(session: Session, model: str) -> list[dict[str, object]]:
    """Switch to another model.

    Args:
        token: of /start.
        model: an id from /models, "bundled" for the one that comes with the page.
    Returns:
        As /models.
    """
    session.use(str(model))
    return list_models(session)


def load_model(session: Session, file: str) -> list[dict[str, object]]:
    """Load a model file and use it.

    Args:
        token: of /start.
        file: a .safetensors file that this page or `python -m vae train` made, or a page that a model was kept as.
    Returns:
        As /models.
    """
    add_model_file(session, file)
    return list_models(session)


def download_model(session: Session) -> str:
    """The model in use as one .safetensors file, which /load_model takes.

    Args:
        token: of /start.
    """
    return file_of(session.model())


def download_page(session: Session, examples: bool = False) -> str:
    """The model in use as one .html page, which opens in any browser without a network, and which /load_model takes.

    Args:
        token: of /start.
        examples: put a few sentences of the text that it learned from into the page.
    """
    return page_of(session, examples is True)
