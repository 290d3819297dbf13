"""The signals between the parts of the page: hidden boxes whose new values tell that something has changed."""

from __future__ import annotations

import secrets


def stamp() -> str:
    """A value never seen before: what a handler returns to one of the page's signals."""
    return secrets.token_hex(8)
