"""What a kept page is made of: its markup, the app's own styles and scripts that it shares, and the engine.

A short script stands in the page's head, so that a dark page never begins white. It unpacks the page's own, which
unpacks the engine's, of which it makes a worker.
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
    "kept_page/fields.css",
    "kept_page/kept.css",
)


@lru_cache(maxsize=1)
def style() -> str:
    """The page's style."""
    return bundle.style(PACKAGE, STYLES)


@lru_cache(maxsize=1)
def boot() -> str:
    """The script that the page begins with."""
    return _bundled("vae/ui/components/storage.js", "vae/ui/components/light.js", "vae/kept_page/boot.js")


@lru_cache(maxsize=1)
def script() -> str:
    """The page's own script."""
    return _bundled("vae/kept_page/main.js")


@lru_cache(maxsize=1)
def engine() -> str:
    """The script of the engine's worker."""
    return _bundled("assets/engine/worker.js")


def _bundled(*entries: str) -> str:
    """Modules, and all that they import, as one script."""
    root = PACKAGE.parent
    return bundle.script(root, dict.fromkeys(bundle.modules_of(root, *entries), ()))


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
