"""Models of every format that was ever released load, and say what they said."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vae.model.checkpoint import Checkpoint, load

MODELS = Path(__file__).parents[1] / "fixtures" / "models"
TOLD = {
    name: told for path in sorted(MODELS.glob("*.json")) for name, told in json.loads(path.read_text("utf-8")).items()
}


@pytest.fixture(scope="module")
def says() -> Callable[[Checkpoint], dict[str, Any]]:
    """What was noted of a model when it was made."""
    spec = importlib.util.spec_from_file_location("make", MODELS / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[Checkpoint], dict[str, Any]] = module.says
    return found


def test_every_released_format_has_a_model() -> None:
    assert {path.name for path in MODELS.glob("*.safetensors")} == set(TOLD)
    assert len(TOLD) >= 3


@pytest.mark.parametrize("name", TOLD)
def test_old_model_loads_and_says_what_it_said(name: str, says: Callable[[Checkpoint], dict[str, Any]]) -> None:
    told = dict(TOLD[name])
    model = load(MODELS / name)
    assert model.text_model.unknown_words("The cat Ω") == ["Ω"]  # which it could say in bytes that it never learned
    now = says(model)
    places = zip(now.pop("places"), told.pop("places"), strict=True)
    assert now == told
    assert all(a == pytest.approx(b, abs=0.01) for a, b in places)
