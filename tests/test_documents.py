"""The documents tell what is there: paths and links lead somewhere, code runs, tables and diffs fit today's files."""

from __future__ import annotations

import doctest
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import documents_site
import pytest
import reference
import release_notes
import rooms
import test_house as house

import vae
from vae.config.config import Config
from vae.evaluation.figures import FIGURES
from vae.text.corpus import Corpus

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
DOCUMENTS = [README, *sorted((ROOT / "docs").glob("*.md"))]


def text_of(path: Path) -> str:
    return path.read_text("utf-8")


def fenced(path: Path, language: str) -> list[str]:
    """The blocks of code of a language in a document."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text_of(path), re.MULTILINE | re.DOTALL)


DIFFS = fenced(ROOT / "docs" / "contributing.md", "diff")


def anchor(heading: str) -> str:
    """What a link to a heading says, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text_of(document)):
        name, _, part = target.partition("#")
        path = document.parent / name if name else document
        assert path.exists(), target
        assert not part or part in map(anchor, re.findall(r"^#+ (.+)$", text_of(path), re.MULTILINE)), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_exist(document: Path) -> None:
    prose = re.sub(r"^```.*?^```$", "", text_of(document), flags=re.MULTILINE | re.DOTALL)
    named = re.findall(r"\b(?:vae|tests|assets)/[\w./-]+\.(?:py|md|json|txt|safetensors|css|js)\b", prose)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_readme_leads_to_every_document() -> None:
    assert [path.name for path in DOCUMENTS[1:] if f"(docs/{path.name})" not in text_of(README)] == []


def test_readme_shows_the_public_names_and_its_code_runs(
    config: Config, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = fenced(README, "python")
    imports = re.findall(r"^from vae import (.+)$", code, re.MULTILINE)
    assert {name for line in imports for name in line.split(", ")} == set(vae.__all__) - {"__version__"}
    wishes = [f"I would like {sentence}" for sentence in corpus.sentences[:40]]
    (tmp_path / "text.txt").write_text("\n".join([*corpus.sentences, *wishes]), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(vae.PRESETS, "quick", replace(vae.PRESETS["quick"], config=config))
    exec(code, {})
    assert (tmp_path / "run-lm" / "best.safetensors").exists()


def test_reference_is_that_of_the_docstrings() -> None:
    """If it fails, run `python tests/reference.py`."""
    assert set(reference.NAMES) == set(vae.__all__) - {"__version__"}
    assert text_of(reference.PAGE) == reference.page()


def test_examples_of_the_reference_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ROOT / "assets" / "models" / "everyday-english.safetensors", tmp_path / "model.safetensors")
    shutil.copy(ROOT / "assets" / "corpora" / "hundred.txt", tmp_path / "text.txt")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {name: getattr(vae, name) for name in reference.NAMES} | {"Path": Path}
    examples = "\n\n".join(code for code in fenced(reference.PAGE, "python") if code.startswith(">>>"))
    told: list[str] = []
    test = doctest.DocTestParser().get_doctest(examples, names, "package.md", None, None)
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=told.append)
    assert "".join(told) == ""


def test_notebook_runs_from_its_first_cell_to_its_last(
    config: Config, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = json.loads(text_of(ROOT / "docs" / "journey.ipynb"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)  # they would go stale
    (tmp_path / "text.txt").write_text("\n".join(corpus.sentences), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(vae.PRESETS, "quick", replace(vae.PRESETS["quick"], config=config))
    names: dict[str, Any] = {}
    for cell in code:  # the first one installs nothing here
        shorter = re.sub(r"^STEPS = \d+", "STEPS = 20", cell, flags=re.MULTILINE)
        exec(re.sub(r"^TEXT = .+?  #", 'TEXT = Path("text.txt")  #', shorter, flags=re.MULTILINE), names)
    assert names["TEXT"] == Path("text.txt")
    assert (tmp_path / "opinions.html").exists()


def test_release_notes_are_what_the_changelog_says_of_a_version() -> None:
    changelog = "# Changelog\n\n## Unreleased\n\n- New.\n\n## 0.2.0, 1 December 2026\n\n- Old,\n  and long.\n"
    assert release_notes.notes(changelog, "0.2.0") == "- Old,\n  and long."
    assert release_notes.notes(changelog, "Unreleased") == "- New."
    assert release_notes.notes(text_of(release_notes.CHANGELOG), "Unreleased").startswith("- ")


def test_site_has_every_document_and_its_links_lead_to_its_own_pages() -> None:
    pages = dict(documents_site.pages())
    assert set(re.findall(r'"([\w-]+\.md)"', text_of(ROOT / "zensical.toml"))) == pages.keys()
    for name, text in pages.items():
        for target in re.findall(r"\]\((?!https?:|#)([^)\s#]+)", text):
            assert target in pages or (target.startswith(documents_site.PICTURES) and (ROOT / target).exists()), name
    with_source = dict(documents_site.pages("https://example.org/main"))
    assert "](https://example.org/main/vae/config/config.py)" in with_source["model.md"]


def test_every_figure_is_explained() -> None:
    explained = text_of(ROOT / "docs" / "evaluation.md")
    rows = {f"| **{each.title}** `{each.name}` | {each.help} |" for each in FIGURES.values()}
    assert [row for row in rows if row not in explained] == []


def test_rooms_are_those_of_the_tree() -> None:
    """If it fails, replace the table in docs/architecture.md by what `python tests/rooms.py` prints."""
    told = {row[0]: row[1:] for row in rooms.rows_of(text_of(ROOT / "docs" / "architecture.md"))}
    there = {row[0]: row[1:] for row in rooms.table()}
    assert told.keys() == there.keys()
    for room, (files, lines, imports) in there.items():
        assert (told[room][0], told[room][2]) == (files, imports), room
        assert abs(int(told[room][1]) - int(lines)) <= max(100, int(lines) // 4), room  # about so many


def applied(diff: str, root: Path) -> dict[str, str]:
    """The files that a diff makes of those of a tree, by name. What it takes away has to stand there."""
    found = {}
    for part in re.split(r"^--- ", diff, flags=re.MULTILINE)[1:]:
        ((old, new),) = re.findall(r"\A(\S+)\n\+\+\+ b/(\S+)\n", part)
        text = "" if old == "/dev/null" else text_of(root / old.removeprefix("a/"))
        for hunk in re.split(r"^@@.*\n", part, flags=re.MULTILINE)[1:]:
            lines = [line if line.strip() else " \n" for line in hunk.splitlines(keepends=True)]
            before, after = ("".join(line[1:] for line in lines if line[0] in kept) for kept in (" -", " +"))
            assert text.count(before) == 1 or not text, f"{new} has changed: {before}"
            text = text.replace(before, after, 1)
        found[new] = text
    return found


@pytest.mark.parametrize("diff", DIFFS, ids=[re.findall(r"b/(\S+)", diff)[0] for diff in DIFFS])
def test_worked_diffs_fit_the_house_of_today(diff: str, tmp_path: Path) -> None:
    files = applied(diff, ROOT)
    for path in [*house.files(ROOT), *(ROOT / name for name in files)]:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(files.get(str(path.relative_to(ROOT))) or text_of(path), "utf-8")
    rules = {"__name__": "rules", "__file__": house.__file__}
    exec(files.get("tests/test_house.py") or text_of(ROOT / "tests" / "test_house.py"), rules)  # a new room has a floor
    assert list(rules["faults"](tmp_path)) == []
    added = {name.removesuffix(".py").replace("/", ".") for name in files}
    for line in re.findall(r"^\+(from vae\.\S+ import .+)$", diff, re.MULTILINE):
        if not any(name.startswith(line.split()[1]) for name in added):
            exec(line)  # the names that it imports are there
