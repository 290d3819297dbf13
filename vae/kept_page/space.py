"""A kept page as a static Space: what is shown is index.html, and README.md says what it is, to people and to the hub.

Source: https://huggingface.co/docs/hub/spaces-config-reference (the front matter of a Space).
"""

from __future__ import annotations

import json
import re

from vae.kept_page.builder import Keepsake, build
from vae.messages.message import Message, UserError

LICENSE = "other"  # the code is ours, but what the model says comes of a text of somebody's
_TITLE, _SHORT = 60, 60  # characters of a title and of a description that the hub shows whole
_LICENSE = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")
_SIGNS = re.compile(r"([\\`*_{}\[\]<>()#+!|~-])")


def build_space(kept: Keepsake, license: str = LICENSE) -> dict[str, bytes]:
    """The files of a static Space, by name.

    Args:
        license: of the model and its text, as the hub names licences: mit, cc-by-2.0, ...
    Raises:
        UserError: the licence is no such name, or there can be no page (`build`).
    """
    if not _LICENSE.fullmatch(license):
        raise UserError(Message("kept.license_not_valid", license=license[:40]))
    return {"index.html": build(kept), "README.md": readme(kept, license).encode()}


def readme(kept: Keepsake, license: str) -> str:
    """The README.md of a Space, with its front matter."""
    front = {
        "title": kept.name[:_TITLE],
        "emoji": "🧭",
        "colorFrom": "blue",
        "colorTo": "yellow",
        "sdk": "static",
        "app_file": "index.html",
        "pinned": False,
        "license": license,
        "short_description": str(Message("kept.short_description"))[:_SHORT],
        "tags": ["text-generation", kept.known.config.family, "variational-autoencoder", "education"],
    }
    head = "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in front.items())
    rows = "".join(f"- **{term}**: {_plain(text)}\n" for term, text in kept.facts)
    told = (f"# {_plain(kept.name)}", _plain(kept.about), _plain(kept.known.info.verdict), rows.strip())
    return f"---\n{head}---\n\n" + "\n\n".join(filter(None, (*told, str(Message("kept.licence"))))) + "\n"


def _plain(text: str) -> str:
    """A text in Markdown, of which no sign means anything."""
    return (
        _SIGNS.sub(r"\\\1", " ".join(text.split())).replace("&", "&amp;").replace("\\<", "&lt;").replace("\\>", "&gt;")
    )
