"""The endpoint of the Slide tab, and the checked call behind it and the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vae.serving.visitors.session import Session
from vae.serving.visitors.validation import choice, sentence, whole

if TYPE_CHECKING:
    from vae.model.checkpoint import Checkpoint
    from vae.model.interpolation import Stop
    from vae.model.readability import Unread

MIN_STEPS, MAX_STEPS = 3, 41
PATHS = {"fluent": "fluent", "linear": "lerp", "spherical": "slerp"}


def slide(
    session: Session, first: str, second: str, steps: int = 11, path: str = "fluent", distinct: bool = False
) -> list[dict[str, object]]:
    """The sentences on the way from one sentence to another in the latent space of the model in use.

    Args:
        token: of /start.
        first: where the path begins, at most `vae.text.corpus.MAX_CHARACTERS` characters.
        second: where it ends.
        steps: points on the path, both ends counted, 3 to 41.
        path: "fluent" (where the model reads best), "linear" (a straight line) or "spherical" (an arc around the
            origin).
        distinct: each different sentence once instead, however many there are.
    Returns:
        For each point {"text", "z", "unread"}; the first and the last are what the model says at the codes that a
        search found for the two sentences, and "unread" are words of these that it could not read. With `distinct` also
        "begin" and "end": where on the path, from 0 to 1, it is said.
    """
    return path_points(session.checkpoint(), first, second, steps, path, distinct=distinct is True)


def path_points(
    model: Checkpoint, first: object, second: object, steps: object, path: object, *, distinct: bool
) -> list[dict[str, object]]:
    """The points of a path for a client. Raises RefusedError naming what is wrong."""
    points: list[dict[str, object]]
    if distinct:
        stops = checked_path(model, first, second, path)
        points = [{"text": s.text, "z": list(s.z), "unread": [], "begin": s.begin, "end": s.end} for s in stops]
        ends = stops[0].text, stops[-1].text
    else:
        n = whole(steps, "Steps", MIN_STEPS, MAX_STEPS)
        a, b, kind = _checked(first, second, path)

        from vae.model import interpolation

        between = interpolation.interpolate(model.text_model, a, b, steps=n, kind=kind)
        points = [{"text": point.text, "z": list(point.z), "unread": []} for point in between]
        ends = between[0].text, between[-1].text
    for end, unread in zip((0, -1), unread_at_ends(model, (str(first), str(second)), ends), strict=True):
        points[end]["unread"] = unread.words
    return points


def checked_path(model: Checkpoint, first: object, second: object, path: object) -> list[Stop]:
    """The checked call behind the page and the endpoint. Raises RefusedError naming what is wrong."""
    a, b, kind = _checked(first, second, path)

    from vae.model import interpolation

    return interpolation.find_path(model.text_model, a, b, kind=kind)


def unread_at_ends(model: Checkpoint, given: tuple[str, str], said: tuple[str, str]) -> list[Unread]:
    """What the model could not read of two sentences, at whose codes it says two others."""
    from vae.model import readability

    return readability.unread_words(model.text_model, zip(given, said, strict=True))


def _checked(first: object, second: object, path: object) -> tuple[str, str, str]:
    """The two sentences and the kind of path. Raises RefusedError naming what is wrong."""
    a, b = sentence(first, "The first sentence"), sentence(second, "The second sentence")
    return a, b, PATHS[choice(path, "Path", tuple(PATHS))]
