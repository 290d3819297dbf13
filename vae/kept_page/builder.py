"""A model as a page: one .html file with the model file, the engine, and a way to slide, to sample and to reconstruct.

The page asks nothing of any network, and its Content-Security-Policy says so to the browser: it runs the scripts that
it was built with, and none that was put in later. Names and texts of a model are those of strangers, and are escaped.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from html import escape

from vae import __version__
from vae.kept_page import sources, words
from vae.messages.catalog import ENGLISH, named_in
from vae.messages.message import Message, UserError
from vae.model import facts
from vae.model.checkpoint import Checkpoint
from vae.model.page_file import BEGIN, END, MAX_MODEL
from vae.system.files import slug
from vae.text.corpus import MAX_CHARACTERS
from vae.text.readable_name import readable_name

MAX_PAIRS = 5
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%232c4a9e' "
    "d='M0 3h4v10H0zM12 3h4v10h-4z'/%3E%3Cpath fill='%23c9760f' d='M4 3h4v10H4z'/%3E%3Cpath fill='%2388909f' "
    "d='M8 3h4v10H8z'/%3E%3C/svg%3E"
)
_PLACE = re.compile(r"\[\[(\w+)\]\]")
_UNNAMED = "Unnamed"


@dataclass(frozen=True, slots=True)
class Keepsake:
    """A model that is kept as a page.

    Args:
        known: the model.
        file: the bytes of its model file, which go into the page as they are.
        examples: pairs of sentences to begin with, at most `MAX_PAIRS`; without any the model says its own.
        day: of which the page says that it was made on it; today, by default.
    """

    known: Checkpoint
    file: bytes
    examples: Sequence[tuple[str, str]] = ()
    day: date | None = None

    @property
    def name(self) -> str:
        return readable_name(self.known.info.name) or _UNNAMED

    @property
    def about(self) -> str:
        """It in a sentence or two."""
        return str(Message("kept.about", text=self.known.info.trained_on))

    @property
    def facts(self) -> list[facts.Fact]:
        """What is known of it, and what was measured, as (term, words)."""
        found = [*facts.facts(self.known, len(self.file)), *facts.figures(self.known)]
        return [*found, (str(Message("kept.day")), self.spoken_day)]

    @property
    def spoken_day(self) -> str:
        """The day, as it is said."""
        day = self.day or datetime.now(timezone.utc).date()
        return f"{day.day} {day:%B %Y}"


def build(kept: Keepsake) -> bytes:
    """The page: at most 1.4 times the bytes of the model file and 150 kB.

    Raises:
        UserError: the model file is so large that its page could not be read back.
    """
    if len(kept.file) > MAX_MODEL:
        raise UserError(Message("kept.model_too_large", size=len(kept.file) >> 20, most=MAX_MODEL >> 20))
    style, boot, script = sources.style(), sources.boot(), sources.script()
    info, spec = kept.known.info, kept.known.text_model.spec
    examples = kept.examples[:MAX_PAIRS]
    data = {
        "name": kept.name,
        "file": f"{slug(kept.name) or 'model'}.safetensors",
        "limitation": "" if spec.has_latent_space else spec.limitation,
        "examples": examples,
        "words": named_in(script),
    }
    values = words.spoken() | {
        "language": ENGLISH,
        "policy": policy(boot, style),
        "made_by": escape(str(Message("kept.made_by", version=__version__))),
        "about": escape(kept.about),
        "name": escape(kept.name),
        "icon": _ICON,
        "help_text": sources.what_a_vae_is(),
        "glossary": _listed(words.terms()),
        "level": escape(info.level),
        "verdict": escape(info.verdict),
        "facts": _listed(kept.facts, "facts"),
        "longest": str(MAX_CHARACTERS),
        "footer": escape(f"{_footer(kept)} {_holding(len(examples))}"),
        "style": style,
        "boot": boot,
        "data": _json(data),
        "kernel": _base64(sources.kernel()),
        "script": _packed(script),
        "engine": _packed(sources.engine()),
    }
    before, after = _PLACE.sub(lambda place: values.get(place[1], place[0]), sources.template()).split("[[model]]")
    return b"".join((before.encode(), BEGIN, base64.b64encode(kept.file), END, after.encode()))


def policy(script: str, style: str) -> str:
    """The page's Content-Security-Policy: this script and this style count, and nothing is fetched from anywhere.

    What has the form blob: only a script that runs already can make: so come those that are packed in the page.
    """
    sources = {
        "default-src": "'none'",
        "script-src": f"{_hash(script)} blob: 'wasm-unsafe-eval'",
        "style-src": _hash(style),
        "img-src": "data:",
        "worker-src": "blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in sources.items())


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _packed(text: str) -> str:
    return _base64(gzip.compress(text.encode(), mtime=0))


def _hash(text: str) -> str:
    """By which a policy knows a script or a style."""
    return f"'sha256-{_base64(hashlib.sha256(text.encode()).digest())}'"


def _json(value: object) -> str:
    """JSON that no element ends in."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")


def _listed(rows: Iterable[tuple[str, str]], css: str = "") -> str:
    """Terms and words as a list."""
    items = "".join(f"<dt>{escape(term)}</dt><dd dir='auto'>{escape(text)}</dd>" for term, text in rows)
    return f"<dl class='{css}'>{items}</dl>"


def _footer(kept: Keepsake) -> Message:
    return Message("kept.footer", day=kept.spoken_day, version=__version__)


def _holding(pairs: int) -> Message:
    """Whether sentences of the text stand in the page."""
    return Message("kept.holds_pairs", count=pairs) if pairs else Message("kept.holds_none")
