"""A model goes to the Hub with its card and comes back, and what fails is said: against a small stand-in."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest
from support.hub import TOKEN, Hub

from vae.cli import main as cli
from vae.hub.model_card import model_card
from vae.hub.training_curve import training_curve
from vae.model.checkpoint import Checkpoint
from vae.training.events import Event

# huggingface_hub 2.4 gives its own HTTP library files in a way that this advises against
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")
NAME = "ada/little-house"


def test_model_goes_there_with_its_card_and_comes_back_the_same(
    hub: Hub, training: tuple[Path, list[Event]], model_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish = ["publish", str(model_path), NAME, "--licence", "cc-by-4.0", "--curve", str(training[0])]
    assert cli.main(publish) == 0
    shown = capsys.readouterr().out
    assert "Nothing was sent" in shown
    assert hub.files == {}
    assert cli.main([*publish, "--send", "--private"]) == 0
    assert hub.made["visibility"] == "private"
    assert hub.files.keys() == {"README.md", "model.safetensors", "training.svg"}
    assert hub.files["model.safetensors"] == model_path.read_bytes()
    card = hub.files["README.md"].decode()
    assert card in shown
    assert card.startswith('---\nlicense: "cc-by-4.0"\n')
    assert "![Reconstruction and KL during the training](training.svg)" in card
    assert f"python -m vae fetch {NAME}" in card
    assert ElementTree.fromstring(hub.files["training.svg"].decode()).findall("{*}polyline")

    fetched = tmp_path / "fetched.safetensors"
    assert cli.main(["fetch", NAME, "--output", str(fetched)]) == 0
    assert fetched.read_bytes() == model_path.read_bytes()
    assert hub.tokens == {f"Bearer {TOKEN}"}


def test_card_has_the_figures_of_a_text_and_the_command_that_gives_them(
    model_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "held out.txt"
    text.write_text("the cat sees a letter.\nthe girl wants some fresh bread.\nyour friend paints the red ball.\n" * 4)
    assert cli.main(["publish", str(model_path), NAME, "--licence", "mit", "--text", str(text), "--json"]) == 0
    card = json.loads(capsys.readouterr().out)["card"]
    assert "| Perplexity a word |" in card
    assert "By `python -m vae evaluate model.safetensors 'held out.txt'`." in card


def test_words_of_a_stranger_are_no_markup_of_the_card(checkpoint: Checkpoint) -> None:
    hostile = replace(
        checkpoint.info, name="<img src=x>\n---\n# [a](javascript:b)", trained_on="![x](http://y)", attribution="`|`"
    )
    card = model_card(replace(checkpoint, info=hostile), NAME, 'mit"\nx: y')
    front = card.split("\n---\n")[0]
    assert 'license: "mit\\"\\nx: y"' in front
    assert r"# \<img src=x\> --- \# \[a\](javascript:b)" in card
    assert r"\!\[x\](http://y)" in card
    assert "<img" not in card.replace(r"\<img", "")


def test_there_is_no_curve_before_a_second_evaluation(training: tuple[Path, list[Event]]) -> None:
    assert training_curve([]) is None
    assert training_curve(training[1][:2]) is None


@pytest.mark.parametrize(
    ("command", "change", "said"),
    [
        ("publish", {"HF_TOKEN": " "}, "There is no token"),
        ("publish", {"HF_ENDPOINT": "http://127.0.0.1:9"}, f"did not get to {NAME}"),
        ("publish", {"refused": "yes"}, "Check that your token"),
        ("fetch", {"HF_ENDPOINT": "http://127.0.0.1:9"}, f"No model came from {NAME}"),
        ("fetch", {"refused": "yes"}, "Check that your token"),
        ("fetch", {}, "There is no model.safetensors in"),
        ("fetch", {"size": str(2**40)}, "larger than 256 MB"),
        ("fetch", {"file": "not ours"}, "not a model"),
    ],
)
def test_what_fails_is_said_in_one_line_and_leaves_nothing(
    command: str, change: dict[str, str], said: str, hub: Hub, model_path: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for variable in change.keys() & {"HF_TOKEN", "HF_ENDPOINT"}:
        monkeypatch.setenv(variable, change[variable])
    hub.allowed = "refused" not in change
    hub.size = int(change["size"]) if "size" in change else None
    if change.keys() & {"size", "file"}:
        hub.files["model.safetensors"] = change.get("file", "").encode()
    output = tmp_path / "model.safetensors"
    arguments = {
        "publish": [str(model_path), NAME, "--licence", "mit", "--send"],
        "fetch": [NAME, "--output", str(output)],
    }
    assert cli.main([command, *arguments[command]]) == 2
    error = capsys.readouterr().err.strip()
    assert said in error
    assert len(error.splitlines()) == 1
    assert TOKEN not in error
    assert not output.exists()
