"""The model panel's answers, without a browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vae.model.checkpoint import load, save
from vae.serving.visitors.examples import BUNDLED_PAIRS
from vae.serving.visitors.session import RefusedError, Session
from vae.serving.visitors.visitors import Visitors
from vae.text.hashing import hashes
from vae.ui.header import api, handlers


@pytest.fixture
def visitor(tmp_path: Path, model_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "served"))
    visitors = Visitors(tmp_path / "data", model_path)
    return visitors.get(visitors.start())


def test_download_is_a_whole_copy_under_the_models_name(visitor: Session, model_path: Path, tmp_path: Path) -> None:
    named = tmp_path / "My own - model!.safetensors"
    known = load(model_path)
    save(named, replace(known, info=replace(known.info, name="My own / model!")))
    visitor.add_model(named, "trained here")
    file = Path(api.download_model(visitor))
    assert file.name == "my-own-model.safetensors"
    assert file.read_bytes() == named.read_bytes()
    assert list(file.parent.iterdir()) == [file]
    assert file.is_relative_to(tmp_path / "served")


def test_download_leaves_a_copy_that_is_being_served_alone(visitor: Session) -> None:
    file = Path(api.download_model(visitor))
    before = file.stat()
    assert api.download_model(visitor) == str(file)
    assert file.stat().st_ino == before.st_ino
    assert file.stat().st_ctime_ns > before.st_ctime_ns  # it is in use: Gradio's clean-up must spare it


def test_failed_download_leaves_nothing_behind(visitor: Session, model_path: Path, tmp_path: Path) -> None:
    visitor.add_model(model_path, "trained here").path.unlink()
    with pytest.raises(RefusedError, match=r"cannot be downloaded: No such file or directory\.$"):  # and no path
        api.download_model(visitor)
    assert not list(tmp_path.glob("served/**/*.*"))


def test_loaded_file_is_called_what_it_says(visitor: Session, model_path: Path) -> None:
    (_, loaded) = sorted(api.load_model(visitor, str(model_path)), key=lambda model: bool(model["in_use"]))
    assert (loaded["name"], loaded["origin"]) == ("Toy", "loaded from a file")


def test_page_of_a_model_is_loaded_back_as_that_model(visitor: Session, model_path: Path, tmp_path: Path) -> None:
    page = Path(api.download_page(visitor))
    assert (page.name, page.is_relative_to(tmp_path / "served")) == ("toy.html", True)
    (_, loaded) = sorted(api.load_model(visitor, str(page)), key=lambda model: bool(model["in_use"]))
    assert (loaded["name"], loaded["origin"]) == ("Toy", "loaded from a page")
    assert visitor.model().path.read_bytes() == model_path.read_bytes()
    with pytest.raises(RefusedError, match="no sentence of it can be put into the page"):
        api.download_page(visitor, examples=True)
    assert not any(pair in page.read_text("utf-8") for pair in BUNDLED_PAIRS[0])
    visitor.use("bundled")
    with_examples = Path(api.download_page(visitor, examples=True))
    assert all(pair in with_examples.read_text("utf-8") for pair in BUNDLED_PAIRS[0])


def test_panel_says_by_what_new_sentences_are_told(visitor: Session, model_path: Path, tmp_path: Path) -> None:
    known, file = load(model_path), tmp_path / "m.safetensors"
    for seen, words in (
        (known.seen, f"{len(known.seen):,} sentences:"),
        (np.union1d(known.seen, hashes(["Of its base."])), "the model it started from included"),
        (known.seen[:0], "cannot tell"),
    ):
        save(file, replace(known, seen=seen))
        visitor.add_model(file, "trained here")
        assert words in dict(handlers.facts(visitor))["Remembers"]
