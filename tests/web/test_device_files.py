"""What is served of the engine and of models: to whom, and with which headers."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from vae.serving.visitors import device_models
from vae.serving.visitors.device_models import find_model, hash_of_model
from vae.serving.visitors.visitors import Visitors
from vae.web import device_files
from vae.web.device_files import VISITOR, DeviceFiles, DeviceRoutes


class Page:
    """Stands for a page, of which only that it is one matters here."""


def client(files: DeviceFiles, model: Path) -> tuple[TestClient, Page]:
    page = Page()
    device_files.serve(page, files, lambda token, wanted: model if (token, wanted) == ("mine", "a" * 64) else None)
    return TestClient(DeviceRoutes(PlainTextResponse("inside"), page)), page


def test_scripts_are_for_all_and_for_good_and_a_model_is_for_its_visitor(tmp_path: Path) -> None:
    model = tmp_path / "model.safetensors"
    model.write_bytes(b"weights")
    files = DeviceFiles({"worker.js": b"work()", "page.js": b"draw()", "kernel.wasm": b"add"})
    one, _page = client(files, model)
    worker, page, kernel = (one.get(f"/device/{files.addresses[name]}") for name in ("worker", "page", "kernel"))
    assert [answer.text for answer in (worker, page, kernel)] == ["work()", "draw()", "add"]
    assert worker.headers["content-encoding"] == "gzip"
    assert "script-src 'self' 'wasm-unsafe-eval'" in worker.headers["content-security-policy"]
    assert "content-security-policy" not in page.headers
    mine = one.get(f"/device/model-{'a' * 64}.safetensors", headers={VISITOR: "mine"})
    assert mine.content == b"weights"
    for answer in (worker, page, kernel, mine):
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert one.head(f"/device/{files.addresses['page']}").content == b""
    assert one.get("/other").text == "inside"


@pytest.mark.parametrize(
    ("name", "visitor"),
    [
        (f"model-{'a' * 64}.safetensors", ""),
        (f"model-{'a' * 64}.safetensors", "another"),
        (f"model-{'b' * 64}.safetensors", "mine"),
        ("model-..%2f..%2fetc.safetensors", "mine"),
        ("worker.js", "mine"),
    ],
)
def test_whoever_may_not_see_it_finds_nothing(name: str, visitor: str, tmp_path: Path) -> None:
    one, _page = client(DeviceFiles({"worker.js": b""}), tmp_path / "model")
    answer = one.get(f"/device/{name}", headers={VISITOR: visitor})
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")


def test_a_model_of_ones_own_is_found_by_its_hash_and_by_nobody_else(
    tmp_path: Path, model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitors = Visitors(tmp_path / "data", bundled=tmp_path / "none")
    try:
        mine, other = visitors.start(), visitors.start()
        assert hash_of_model(visitors.get(mine)) is None
        visitors.get(mine).add_model(model_path, "loaded from a file")
        wanted = hash_of_model(visitors.get(mine))
        assert wanted == hashlib.sha256(model_path.read_bytes()).hexdigest()
        found = find_model(visitors, mine, wanted)
        assert found is not None
        assert found.read_bytes() == model_path.read_bytes()
        assert [find_model(visitors, token, wanted) for token in (other, "x" * 43, "")] == [None] * 3
        monkeypatch.setattr(device_models, "MAX_BYTES", model_path.stat().st_size - 1)
        assert hash_of_model(visitors.get(mine)) is None
    finally:
        visitors.close()
