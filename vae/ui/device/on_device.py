"""The model in the visitor's own browser: what it gets for that, and by which names."""

from __future__ import annotations

import json
from functools import lru_cache, partial

from vae.messages import catalog
from vae.serving.visitors.device_models import hash_of_model
from vae.serving.visitors.device_models import find_model
from vae.serving.visitors.session import Session
from vae.serving.visitors.visitors import Visitors
from vae.system import bundle
from vae.system.paths import ASSETS, PACKAGE
from vae.web.device_files import DeviceFiles

ENGINE = ASSETS / "engine"
PAGE = "vae/ui/device/device_parts.js"
# What the page says in the server's place, in the same words.
WORDS = (
    "model.words_and_more", "model.words_in_pieces", "model.words_unknown", "ui.sample.all_new", "ui.sample.fewer",
    "ui.sample.some_seen", "ui.sample.strange_start", "ui.sample.too_many_to_tell",
)  # fmt: skip


def files(visitors: Visitors) -> DeviceFiles:
    """What a browser needs, for the visitors of one page."""
    return DeviceFiles(_common(), partial(find_model, visitors))


def addresses(session: Session) -> dict[str, str] | None:
    """The names under /device/ of the page's further script, the Worker's, the kernel, and the model in use.

    None: the model is nothing for a browser (see `hash_of_model`).
    """
    found = hash_of_model(session)
    return {**_common_addresses(), "model": f"model-{found}.safetensors"} if found else None


@lru_cache(maxsize=1)
def _common() -> dict[str, bytes]:
    root = PACKAGE.parent
    modules = {name: () for name in bundle.modules_of(root, PAGE)}
    words = json.dumps({key: catalog.entries()[key] for key in WORDS}, ensure_ascii=False)
    page = bundle.script(root, {**modules, PAGE: ("openDevice",)}, gives="device")
    worker = bundle.script(ENGINE, {name: () for name in bundle.modules_of(ENGINE, "worker.js")})
    return {
        "page.js": f"globalThis.deviceWords = {words};\n{page}".encode(),
        "worker.js": worker.encode(),
        "kernel.wasm": (ENGINE / "kernel.wasm").read_bytes(),
    }


@lru_cache(maxsize=1)
def _common_addresses() -> dict[str, str]:
    return DeviceFiles(_common(), lambda token, wanted: None).addresses
