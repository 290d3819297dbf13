"""The endpoint of the Slide tab, and the checked call behind it and the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vae.serving.visitors.session import Session
from vae.serving.visitors.validation import choice, sentence, whole

if TYPE_CHECKING:
    from vae.model.checkpoint import Checkpoint
    from vae.model.text_model import Point


MIN_STEPS, MAX_STEPS = 3, 41
PATHS = {"linear": "lerp", "spherical": "slerp"}


def slide(session: Session, first: str, second: str, steps: int = 11, path: str = "linear") -> list[dict[str, object]]:
    """The sentences on the way from one sentence to another in the latent space of the model in use.

    Args:
        token: of /start.
        first: where the path begins, at most `vae.text.corpus.MAX_CHARACTERS` characters.
        second: where it ends.
        steps: points on the path, both ends counted, 3 to 41.
        path: "linear" (a straight line) or "spherical" (an arc around the origin).
    Returns:
        For each point {"text", "z"}; the first and the last are what the model makes of the two sentences.
    """
    points = checked_path(session.checkpoint(), first, second, steps, path)
    return [{"text": point.text, "z": list(point.z)} for point in points]


def checked_path(model: Checkpoint, first: object, second: object, steps: object, path: object) -> list[Point]:
    """The checked call behind the page and the endpoint. Raises RefusedError naming what is wrong."""
    a, b = sentence(first, "The first sentence"), sentence(second, "The second sentence")
    n = whole(steps, "Steps", MIN_STEPS, MAX_STEPS)
    kind = PATHS[choice(path, "Path", tuple(PATHS))]

    from vae.model import interpolation

    return interpolation.interpolate(model.text_model, a, b, steps=n, kind=kind)
