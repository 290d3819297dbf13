"""macOS and Windows, as far as Linux can tell: names of files, encodings and line ends, what only Unix has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from vae.system.files import slug
from vae.text.corpus import read_corpus

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [ROOT / "app.py", *sorted((ROOT / "vae").rglob("*.py"))]
OURS = [*ROOT.glob("*"), *(path for room in ("vae", "assets", "docs", "tests") for path in (ROOT / room).rglob("*"))]
NAMES = sorted(path.relative_to(ROOT).as_posix() for path in OURS if "__pycache__" not in path.parts)
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\..*)?", re.IGNORECASE)
UNIX_ONLY = {"fcntl", "grp", "posix", "pwd", "resource", "termios"}


def legal(name: str) -> bool:
    """Whether Windows takes a name for a file."""
    return not (re.search(r'[<>:"|?*\\\x00-\x1f]|[. ]$', name) or DEVICES.fullmatch(name))


def test_our_files_have_names_that_every_system_takes() -> None:
    assert [name for name in NAMES if not all(map(legal, name.split("/")))] == []
    folded = [name.casefold() for name in NAMES]
    assert sorted({name for name in NAMES if folded.count(name.casefold()) > 1}) == []  # one file on macOS and Windows
    assert max(map(len, NAMES)) < 120  # a whole path may have 260 characters on Windows


@pytest.mark.parametrize("name", ['a/b\\c:d*?"<>|', "Grüße. ", "COM1.txt", ".", "日本"])
def test_files_named_after_models_have_such_names_too(name: str) -> None:
    assert legal(f"{slug(name)}.safetensors")


def text_files(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls that open a file as text, or read or write one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            values = [part.value for part in node.args if isinstance(part, ast.Constant)]
            modes = [value for value in values if isinstance(value, str) and re.fullmatch(r"[rwaxbt+]+", value)]
            path_opened = name == "open" and modes and "b" not in modes[0]
            if name in ("read_text", "write_text") or path_opened:
                yield node


def test_text_is_opened_with_its_encoding_and_written_with_its_line_ends() -> None:
    found = [(path.name, call) for path in SOURCES for call in text_files(ast.parse(path.read_text("utf-8")))]
    assert found  # what is looked for is there
    for name, call in found:
        told = {keyword.arg for keyword in call.keywords}
        source = ast.unparse(call)
        assert "encoding" in told or re.search(r"_text\(.*'(utf-8|ascii)'", source), f"{name}: {source}"
        assert "newline" in told or ".read_text" in source, f"{name}: {source}"


def test_what_only_unix_has_is_imported_only_where_it_is() -> None:
    for path in SOURCES:
        for node in ast.parse(path.read_text("utf-8")).body:  # not those under a condition, or in a function
            if isinstance(node, ast.Import):
                assert not {alias.name for alias in node.names} & UNIX_ONLY, path.name


TEXTS = {
    "a.txt": "One line.\nAnother line.\n\nA third one.\n",
    "a.csv": 'text,label\n"Hello,\nthere.",a\nBye now.,b\n',
    "a.tsv": "text\tlabel\nHello there.\ta\nBye now.\tb\n",
    "a.jsonl": '{"text": "Hello there."}\n{"text": "Bye now."}\n',
    "a.srt": "1\n00:00:01,000 --> 00:00:02,000\nHello there.\n\n2\n00:00:03,000 --> 00:00:04,000\nBye now.\n",
    "a.md": "# A title\n\nHello there. How are you?\n\n* one thing\n* another thing\n",
    "a.conllu": "# text = Hello there.\n1\tHello\t_\n2\tthere\t_\n\n# text = Bye now.\n1\tBye\t_\n2\tnow\t_\n",
    "a.html": "<p>Hello there.</p>\n<p>Bye\nnow.</p>\n",
}


@pytest.mark.parametrize("end", ["\r\n", "\r"], ids=["Windows", "old Mac"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_reads_the_same_with_other_line_ends(name: str, end: str) -> None:
    here, there = (read_corpus(text.encode(), name) for text in (TEXTS[name], TEXTS[name].replace("\n", end)))
    assert there == here
