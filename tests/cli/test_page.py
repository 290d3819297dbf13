"""The command that keeps a model as a page: what it writes, and where; and what it says instead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.server import ROOT

from vae.cli import main as cli
from vae.model.page_file import model_in
from vae.text.corpus import Corpus

MODEL = ROOT / "tests" / "fixtures" / "models" / "format-3-vae.safetensors"


def test_page_lies_beside_its_model_and_is_made_again_from_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, copy = tmp_path / "toy.safetensors", tmp_path / "copy.html"
    model.write_bytes(MODEL.read_bytes())
    assert cli.main(["page", str(model)]) == 0
    page = tmp_path / "toy.html"
    assert str(page) in capsys.readouterr().out
    assert model_in(page.read_bytes()) == model.read_bytes()
    assert cli.main(["page", str(page), "-o", str(copy)]) == 0
    assert model_in(copy.read_bytes()) == model.read_bytes()


def test_space_with_examples_holds_pairs_of_that_text(
    corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, folder = tmp_path / "text.txt", tmp_path / "new" / "space"
    text.write_text("\n".join(corpus.sentences), encoding="utf-8")
    told = ["--space", str(folder), "--license", "cc-by-4.0", "--examples", str(text), "--json"]
    assert cli.main(["page", str(MODEL), *told]) == 0
    answer = json.loads(capsys.readouterr().out)
    page, readme = folder / "index.html", folder / "README.md"
    assert sorted(answer["written"]) == sorted(map(str, folder.iterdir())) == sorted(map(str, (page, readme)))
    assert (answer["bytes"], answer["bytes_of_model"]) == (page.stat().st_size, MODEL.stat().st_size)
    assert len(answer["examples"]) == 5
    sentences = {sentence for pair in answer["examples"] for sentence in pair}
    assert sentences <= set(corpus.sentences)
    assert [sentence for sentence in sentences if sentence not in page.read_text("utf-8")] == []
    assert 'license: "cc-by-4.0"' in readme.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "page.html", "--space", "space"], "either --output"),
        (["-o", "nowhere/page.html"], "nowhere does not exist"),
        (["--space", "space", "--license", "my own"], "no name of a licence"),
        (["--examples", "nothing.txt"], "nothing.txt"),
    ],
)
def test_what_cannot_be_written_is_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["page", str(MODEL), *arguments]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
