"""What the tests share: a small text of our own, a tiny config, and one model that was really trained on it."""

from __future__ import annotations

import itertools
import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Before torch is imported, here and in all that the tests start: trainings of servers must neither step back for the
# tests that wait for them, nor any of these wait for a second thread while there is no core for it.
os.environ.update({"VAE_THREADS": "1", "VAE_NICE": "0", "OMP_NUM_THREADS": "1"})

import pytest
from filelock import FileLock
from hypothesis import settings
from support.server import CHROMIUM_ARGUMENTS, chromium

from vae.config.config import Config
from vae.model.checkpoint import Checkpoint, load
from vae.model.text_model import TextModel
from vae.server import import_gradio_sooner
from vae.text.corpus import Corpus, read_corpus
from vae.training.events import Event
from vae.training.train import train

pytest.register_assert_rewrite("support.visits", "support.runs")  # what they assert tells its values when it fails

LONGEST = (  # files with browser tests, by the time that they take
    "test_payloads", "test_compare_tab", "test_train_tab", "test_sharing", "test_corpus_tab", "test_slide_tab",
    "test_models", "test_students", "test_train_queue", "test_layout", "test_device", "test_address",
)  # fmt: skip

import_gradio_sooner()
settings.register_profile("tests", deadline=None, derandomize=True, database=None)
settings.load_profile("tests")

_WHO = ("the cat", "a dog", "my sister", "our teacher", "the old man", "a small bird", "the girl", "your friend")
_DOES = ("sees", "likes", "wants", "finds", "paints")
_WHAT = ("the red ball", "a green apple", "some fresh bread", "the quiet river", "a letter")


@pytest.fixture(autouse=True)
def _uploads_of_each_its_own() -> Iterator[None]:
    """Where uploads go is set for the whole process when a page is built: it ends with the test."""
    before = os.environ.get("GRADIO_TEMP_DIR")
    yield
    if before is None:
        os.environ.pop("GRADIO_TEMP_DIR", None)
    else:
        os.environ["GRADIO_TEMP_DIR"] = before


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """200 sentences of one pattern: 8 x 5 x 5, so that a tiny model can learn them."""
    sentences = (" ".join(words) + "." for words in itertools.product(_WHO, _DOES, _WHAT))
    return read_corpus("\n".join(sentences).encode(), "toy.txt", layout="lines")


@pytest.fixture(scope="session")
def config() -> Config:
    """A model so small that a step takes milliseconds; few steps, and every kind of noise on."""
    return Config(
        vocabulary=400, embedding=16, encoder_hidden=24, hidden=24, latent=4, dropout=0.1, batch=16, steps=30,
        learning_rate=0.01, precision="float32", threads=1,
    )  # fmt: skip


@pytest.fixture(scope="session")
def learned(config: Config) -> Config:
    """The config of a run long enough to learn the corpus."""
    values = {**config.to_dict(), "steps": 450, "dropout": 0.0, "free_bits": 2.0, "beta": 0.2, "encoder_noise": 0.0}
    return Config.from_dict({**values, "learning_rate": 0.02})


@pytest.fixture(scope="session")
def training(learned: Config, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """A finished run: its folder, and the events that it told. One for all processes of the tests, who only read it."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "trained"
    told = shared / "events.pickle"
    with FileLock(f"{shared}.lock"):
        if not told.exists():
            events = list(train(learned, corpus, shared / "run"))
            told.write_bytes(pickle.dumps(events))
    return shared / "run", pickle.loads(told.read_bytes())


@pytest.fixture(scope="session")
def model_path(training: tuple[Path, list[Event]]) -> Path:
    """The model file of that run."""
    return training[0] / "best.safetensors"


@pytest.fixture(scope="session")
def checkpoint(model_path: Path) -> Checkpoint:
    return load(model_path)


@pytest.fixture(scope="session")
def text_model(checkpoint: Checkpoint) -> TextModel:
    return checkpoint.text_model


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """How tests start the browser: that of this machine."""
    if chromium() is None and os.environ.get("CI") != "true":
        pytest.skip("there is no Chromium here; CI has one")
    return {**browser_type_launch_args, "executable_path": chromium(), "args": CHROMIUM_ARGUMENTS}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with browser tests come last: Playwright keeps an event loop running in this thread until the end.

    Of these the longest come first, so that no process is left alone with one.
    """
    late = {item.path for item in items if "browser" in getattr(item, "fixturenames", ())}
    longest = [path for name in LONGEST for path in late if path.stem == name]
    order = {path: place for place, path in enumerate([*longest, *sorted(late - {*longest})], 1)}
    items.sort(key=lambda item: order.get(item.path, 0))
