"""The model in the visitor's own browser: what it gets for that, and by which names."""

from __future__ import annotations

import json
from functools import lru_cache

from vae.messages import catalog
from vae.serving.visitors.device_models import hash_of_model
from vae.serving.visitors.session import Session
from vae.system import bundle
from vae.system.paths import ASSETS, PACKAGE
from vae.web.device_files import DeviceFiles

ENGINE = ASSETS / "engine"
PAGE = "vae/ui/device/device_parts.js"


def addresses(session: Session) -> dict[str, str] | None:
    """The id of the model in use, and names under /device/: of the page's further script, the Worker's, the kernel and
    the model.

    None: the model is nothing for a browser (see `hash_of_model`).
    """
    found = hash_of_model(session)
    if found is None:
        return None
    return {"id": session.model().id, **files().addresses, "model": f"model-{found}.safetensors"}


@lru_cache(maxsize=1)
def files() -> DeviceFiles:
    """What a browser needs beside a model."""
    root = PACKAGE.parent
    modules = dict.fromkeys(bundle.modules_of(root, PAGE), ())
    page = bundle.script(root, {**modules, PAGE: ("openDevice",)}, gives="spaceDevice")
    words = json.dumps(catalog.named_in(page), ensure_ascii=False)  # what it says in the server's place
    worker = bundle.script(ENGINE, dict.fromkeys(bundle.modules_of(ENGINE, "worker.js"), ()))
    return DeviceFiles({
        "page.js": f"globalThis.deviceWords = {words};\n{page}".encode(),
        "worker.js": worker.encode(),
        "kernel.wasm": (ENGINE / "kernel.wasm").read_bytes(),
    })  # fmt: skip
