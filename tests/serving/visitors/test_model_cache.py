"""Models in memory: as many as fit, each file once, and no failure remembered."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from vae.model import checkpoint
from vae.model.checkpoint import Checkpoint, CheckpointError
from vae.serving.visitors.model_cache import ModelCache, model_bytes


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were really read, in order."""
    read: list[Path] = []
    real = checkpoint.load

    def load(path: Path) -> Checkpoint:
        read.append(path)
        return real(path)

    monkeypatch.setattr(checkpoint, "load", load)
    return read


@pytest.fixture
def copy(tmp_path: Path, model_path: Path) -> Callable[[str], Path]:
    return lambda name: Path(shutil.copyfile(model_path, tmp_path / name))


def test_size_counts_the_weights_in_memory_the_tokenizer_and_the_hashes(model_path: Path) -> None:
    loaded = checkpoint.load(model_path)
    numbers = sum(weight.numel() for weight in loaded.text_model.model.parameters())
    assert model_bytes(loaded) >= 4 * numbers + len(loaded.text_model.tokenizer.model) + 4 * len(loaded.seen)
    table = loaded.text_model.model.gate_table_bytes  # made as it speaks
    assert model_bytes(loaded) < 1.1 * 4 * numbers + table + 500_000


def test_models_that_were_used_longest_ago_make_room(
    copy: Callable[[str], Path], loads: list[Path], model_path: Path
) -> None:
    cache = ModelCache(model_path, 2 * model_bytes(checkpoint.load(model_path)) + 100)
    a, b, c = map(copy, "abc")
    loads.clear()
    for path in (model_path, a, b, a, c, a, model_path):
        cache.load(path)
    assert loads == [model_path, a, b, c]
    assert (cache.has(a), cache.has(b), cache.has(c), cache.has(model_path)) == (True, False, True, True)
    assert cache.size <= 2 * model_bytes(cache.load(a)) + 100


def test_one_model_is_kept_even_where_it_is_too_large(copy: Callable[[str], Path], model_path: Path) -> None:
    cache = ModelCache(model_path, 1)
    a, b = map(copy, "ab")
    cache.load(a)
    assert cache.has(a)
    cache.load(b)
    assert (cache.has(a), cache.has(b)) == (False, True)


def test_same_file_under_two_names_is_one_model(copy: Callable[[str], Path], loads: list[Path], tmp_path: Path) -> None:
    a = copy("a")
    (tmp_path / "b").hardlink_to(a)
    cache = ModelCache(tmp_path / "none", 10**9)
    assert cache.load(a) is cache.load(tmp_path / "b")
    assert loads == [a]


def test_another_file_in_its_place_is_another_model(
    copy: Callable[[str], Path], loads: list[Path], tmp_path: Path
) -> None:
    cache = ModelCache(tmp_path / "none", 10**9)
    a = copy("a")
    first = cache.load(a)
    copy("b").replace(a)
    assert cache.load(a) is not first
    assert len(loads) == 2


def test_many_who_ask_at_once_have_it_read_once(copy: Callable[[str], Path], loads: list[Path], tmp_path: Path) -> None:
    cache, a, everybody = ModelCache(tmp_path / "none", 10**9), copy("a"), Barrier(6)

    def ask(_: int) -> int:
        everybody.wait(60)
        return id(cache.load(a))

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(ask, range(6)))) == 1
    assert loads == [a]


def test_failure_is_told_and_forgotten(copy: Callable[[str], Path], tmp_path: Path) -> None:
    cache, path = ModelCache(tmp_path / "none", 10**9), tmp_path / "broken"
    with pytest.raises(CheckpointError, match="cannot be opened"):
        cache.load(path)
    path.write_bytes(b"\xff" * 99)
    with pytest.raises(CheckpointError):
        cache.load(path)
    assert not cache.has(path)
    assert cache.size == 0
    copy("whole").replace(path)
    assert cache.load(path)


def test_what_is_dropped_is_no_longer_held(copy: Callable[[str], Path], tmp_path: Path) -> None:
    cache, a = ModelCache(tmp_path / "none", 10**9), copy("a")
    cache.load(a)
    cache.drop(a)
    assert not cache.has(a)
    assert cache.size == 0
