"""What a server allows: from the environment, within ranges, told in the documents."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import gradio
import pytest

from vae.serving.limits import Limits

ROOT = Path(__file__).parents[2]
EVERY = fields(Limits)


def environment(limit: Any, value: object) -> dict[str, str]:
    return {limit.metadata["variable"]: str(value)}


def test_defaults_hold_where_the_environment_says_nothing() -> None:
    assert Limits.from_environment({}) == Limits()
    assert Limits.from_environment({each.metadata["variable"]: " " for each in EVERY}) == Limits()


@pytest.mark.parametrize("limit", EVERY, ids=lambda limit: limit.name)
def test_each_limit_is_settable_over_its_range(limit: Any) -> None:
    low, high = limit.metadata["range"]
    for value in (low, high):
        assert getattr(Limits.from_environment(environment(limit, f" {value} ")), limit.name) == value
    assert low <= limit.default <= high
    assert limit.metadata["help"]


@pytest.mark.parametrize("limit", EVERY, ids=lambda limit: limit.name)
def test_each_limit_is_refused_outside_of_its_range_by_name(limit: Any) -> None:
    low, high = limit.metadata["range"]
    for value in (low - 1, high + 1, "many", "1.5", "1e3", "٣x"):
        with pytest.raises(ValueError, match=f"{limit.metadata['variable']} is .+ whole number from {low} to {high}"):
            Limits.from_environment(environment(limit, value))
    for wrong in (True, 1.0, None):
        with pytest.raises(ValueError, match=limit.metadata["variable"]):
            Limits(**{limit.name: wrong})


def test_variables_are_all_different_and_ours() -> None:
    variables = [each.metadata["variable"] for each in EVERY]
    assert len(set(variables)) == len(variables)
    assert all(variable.startswith("VAE_") for variable in variables)


def named(path: Path) -> set[str]:
    """The environment variables that a file names, each as a text of its own."""
    texts = (node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str) and re.fullmatch(r"(VAE|GRADIO|OMP|GOMP)_[A-Z_]+", text)}


def test_manual_tells_every_variable_that_the_code_reads() -> None:
    manual = (ROOT / "docs" / "hosting.md").read_text("utf-8")
    rows = {
        f"| `{each.metadata['variable']}` | {each.metadata['help']} | {each.default:,} | {low:,} to {high:,} |"
        for each in EVERY
        for low, high in [each.metadata["range"]]
    }
    assert [row for row in rows if row not in manual] == []
    told = re.findall(r"^\| `([A-Z_]+)` \|", manual, re.MULTILINE)
    code = set().union(*map(named, (ROOT / "vae").rglob("*.py")))
    of_gradio = (path.read_text("utf-8") for path in Path(gradio.__path__[0]).glob("*.py"))
    for_gradio = {name for name in told if name.startswith("GRADIO_")} - code
    assert for_gradio <= set(re.findall(r"GRADIO_[A-Z_]+", "".join(of_gradio)))
    assert sorted(told) == sorted(code | for_gradio)  # each once, and none that nothing reads
