"""What a kept page is made of: its markup, the app's own styles and scripts that it shares, and the engine.

The page's script begins in its head, so that a dark page never begins white; the engine is a script of its own, since the
worker is made of it, too.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from vae.system import bundle
from vae.system.paths import ASSETS, PACKAGE

ROOT = Path(__file__).parent
UI, ENGINE = PACKAGE / "ui", ASSETS / "engine"
STYLES = (
    "ui/components/design.css",
    "ui/components/first.css",
    "ui/components/frame.css",
    "ui/components/gradio.css",
    "ui/components/prose.css",
    "ui/components/fingerprint.css",
    "ui/components/sentences.css",
    "ui/components/messages.css",
    "ui/components/numbers.css",
    "ui/components/sheet.css",
    "ui/header/header.css",
    "ui/slide/slide.css",
    "kept_page/kept.css",
)
SCRIPTS = (
    "ui/components/storage.js",
    "ui/components/light.js",
    "ui/components/dom.js",
    "ui/components/slot.js",
    "ui/components/fingerprint.js",
    "ui/components/copy.js",
    "ui/components/sentences.js",
    "ui/components/results.js",
    "ui/components/address.js",
    "ui/components/lines.js",
    "ui/components/messages.js",
    "ui/components/tabs.js",
    "ui/components/top.js",
    "ui/sample/sample.js",
    "ui/slide/path.js",
    "ui/slide/pair.js",
    "ui/slide/slide.js",
    "kept_page/places.js",
    "kept_page/rooms.js",
    "kept_page/fields.js",
    "kept_page/held.js",
    "kept_page/codes.js",
    "kept_page/engine_here.js",
    "kept_page/slide_room.js",
    "kept_page/sample_room.js",
    "kept_page/again_room.js",
    "kept_page/main.js",
)


@lru_cache(maxsize=1)
def style() -> str:
    """The page's style."""
    return bundle.style(PACKAGE, STYLES)


@lru_cache(maxsize=1)
def script() -> str:
    """The page's own script."""
    return bundle.script(PACKAGE, dict.fromkeys(SCRIPTS, ()))


@lru_cache(maxsize=1)
def engine() -> str:
    """The engine's script, which runs in the page and in a worker."""
    return ""


def kernel() -> bytes:
    """The engine's kernel, as WebAssembly."""
    return (ENGINE / "kernel.wasm").read_bytes()


@lru_cache(maxsize=1)
def template() -> str:
    """The page's markup, with places for what it holds: [[name]]."""
    return (ROOT / "page.html").read_text("utf-8")


@lru_cache(maxsize=1)
def what_a_vae_is() -> str:
    """The app's help, up to its list of words: a heading and a paragraph."""
    return (UI / "header" / "help.html").read_text("utf-8").replace("GLOSSARY", "").strip()
