"""What is said to a person: every key has words, every value is used, and nobody decides by reading English."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from vae.messages import catalog
from vae.messages.message import Message, UserError

ROOT = Path(__file__).resolve().parents[2]
FILES = [ROOT / "app.py", *sorted((ROOT / "vae").rglob("*.py"))]
# Where a library, or a file of an older version, gives nothing but English, it is read in one place: file, function.
LIBRARIES = {
    ("vae/serving/jobs/status_messages.py", "clause"),  # records of servers whose messages had no keys
    ("vae/serving/records/database.py", "_refused"),  # sqlite3: locked by another program
    ("vae/system/distributed.py", "_peers_needed"),  # torch.distributed: a timeout
    ("vae/text/formats/separators.py", "_reason"),  # csv: what is wrong with a quotation mark
    ("vae/ui/binding.py", "errors_shown"),  # concurrent.futures: no more work is taken
    ("vae/web/gradio_patches.py", "on_headers_finished"),  # starlette: too many parts
}
READERS = {
    "startswith",
    "endswith",
    "removeprefix",
    "removesuffix",
    "split",
    "partition",
    "rpartition",
    "find",
    "index",
}


class RefusedOnceError(UserError):
    """One of many kinds."""


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in FILES:
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def messages() -> Iterator[tuple[str, ast.Call]]:
    """Every place where a message is made by its key."""
    for name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Message":
                yield f"{name}:{node.lineno}", node


def keys_of(argument: ast.expr) -> list[str]:
    """The keys that an argument may be: a constant, or one of two; none are known of a variable."""
    if isinstance(argument, ast.IfExp):
        return [*keys_of(argument.body), *keys_of(argument.orelse)]
    return [str(argument.value)] if isinstance(argument, ast.Constant) else []


def texts(entry: catalog.Entry) -> list[str]:
    return list(entry.values()) if isinstance(entry, dict) else [entry]


def fields(entry: catalog.Entry) -> set[str]:
    return {field for text in texts(entry) for _, field, _, _ in Formatter().parse(text) if field is not None}


def test_every_message_has_words_and_gives_the_values_that_they_name() -> None:
    for place, call in messages():
        given = {keyword.arg for keyword in call.keywords}
        for key in keys_of(call.args[0]):
            assert catalog.knows(key), f"{place}: {key} has no words"
            entry = catalog.entries()[key]
            if None not in given:  # `**values`, which only running tells
                unused = given - fields(entry) - ({"count"} if isinstance(entry, dict) else set())
                assert not fields(entry) - given, f"{place}: {key} lacks {fields(entry) - given}"
                assert not unused, f"{place}: {key} does not say {unused}"


def test_every_entry_is_said_somewhere() -> None:
    constants = {
        node.value
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(catalog.entries()) - constants == set()


def test_entries_with_a_count_have_words_for_one_and_for_others() -> None:
    for key, entry in catalog.entries().items():
        if isinstance(entry, dict):
            assert set(entry) == {"one", "other"}, key
        assert all(text.strip() == text and text for text in texts(entry)), key


def is_english(node: ast.expr) -> bool:
    """A constant of several words, or a collection of such."""
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return any(map(is_english, node.elts))
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value.split()) > 1


def is_words_of_an_error(node: ast.expr) -> bool:
    """`str(error)`, `error.args[0]`, `x.message` and the like."""
    text = ast.unparse(node)
    return text.startswith(("str(error", "str(message", "str(status")) or text.endswith((".message", ".strerror"))


def decisions(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Function and expression of each comparison that reads words."""
    for function in ast.walk(tree):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                if any(map(is_english, sides)) or (
                    any(map(is_words_of_an_error, sides))
                    and any(
                        isinstance(side, ast.Constant) and isinstance(side.value, str) and side.value for side in sides
                    )
                ):
                    yield function.name, node
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in READERS
                and (is_words_of_an_error(node.func.value) or any(map(is_english, node.args)))
            ):
                yield function.name, node


def test_nobody_decides_by_reading_english() -> None:
    found = {(name, function): ast.unparse(node) for name, tree in trees() for function, node in decisions(tree)}
    assert {place: code for place, code in found.items() if place not in LIBRARIES} == {}
    assert set(found) == LIBRARIES  # none of the exceptions is left over


@pytest.mark.parametrize(
    "code",
    [
        "def f(status):\n    return status.message.startswith('Paused')",
        "def f(error):\n    return 'memory' in str(error)",
        "def f(text):\n    return text == 'Training is done.'",
        "def f(why):\n    return why.removesuffix('Resume goes on from there.')",
    ],
)
def test_decision_by_english_is_seen(code: str) -> None:
    assert list(decisions(ast.parse(code)))


def test_message_says_its_values_and_its_parts_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    entries: dict[str, Any] = {
        "a": "It has {size:,.1f} MB. {remedy}", "b": "Bring {count:,} sentences.",
        "n": {"one": "1 was kept.", "other": "{count} were kept."},
    }  # fmt: skip
    monkeypatch.setattr(catalog, "entries", lambda language="en": entries)
    assert (
        str(Message("a", size=1234.56, remedy=Message("b", count=2000))) == "It has 1,234.6 MB. Bring 2,000 sentences."
    )
    assert [str(Message("n", count=count)) for count in (1, 2)] == ["1 was kept.", "2 were kept."]


def test_message_survives_a_file_and_older_files_say_what_they_said() -> None:
    nested = Message("text", text=Message("text", text='Ü {braces} "quotes"'))
    assert Message.from_json(nested.to_json()) == nested
    for old in (
        "Paused. Everything is saved.",
        "",
        "3",
        "null",
        '{"key": 1}',
        '{"key": "no such", "values": {}}',
        '{"key": "serving.by_server", "values": {}}',
        "[" * 10_000,
    ):
        assert str(Message.from_json(old)) == old


def test_error_travels_between_processes_with_its_type_and_its_message() -> None:
    error = RefusedOnceError(Message("text", text="No such run."))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is RefusedOnceError
    assert (again.message, str(again)) == (error.message, "No such run.")
    assert isinstance(again, ValueError)
