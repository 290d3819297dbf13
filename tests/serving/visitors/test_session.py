"""What belongs to a visitor: found by the token alone, kept apart, and bounded."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest

from vae.model.checkpoint import CheckpointError, load, save
from vae.serving.limits import Limits
from vae.serving.records.rows import ModelRow, VisitorRow
from vae.serving.visitors import session, validation
from vae.serving.visitors.session import BUNDLED, RefusedError, Session
from vae.serving.visitors.streams import MAX_STREAMS
from vae.serving.visitors.visitors import Visitors
from vae.text.readable_name import readable_name
from vae.ui.binding import bind


@pytest.fixture
def visitors(tmp_path: Path, model_path: Path) -> Iterator[Visitors]:
    visitors = Visitors(tmp_path / "data", model_path)
    yield visitors
    visitors.close()


def test_token_is_long_and_opens_only_its_own_session(visitors: Visitors) -> None:
    a, b = visitors.start(), visitors.start()
    assert len(a) == 43
    assert a != b
    assert visitors.get(a) is visitors.get(a)
    assert visitors.get(a) is not visitors.get(b)
    assert visitors.start(a) == a


@pytest.mark.parametrize("token", ["", "x" * 43, None, 7, ["a"], {"a": 1}, "../" * 15])
def test_unknown_token_opens_nothing_and_is_never_adopted(visitors: Visitors, token: object) -> None:
    with pytest.raises(RefusedError, match="Reload"):
        visitors.get(token)
    assert visitors.start(token) != token


def test_owner_does_not_tell_the_token(visitors: Visitors) -> None:
    token = visitors.start()
    assert token not in visitors.get(token).owner


def test_bundled_model_is_in_use_at_once_and_loaded_once_for_all(visitors: Visitors) -> None:
    one, two = (visitors.get(visitors.start()) for _ in range(2))
    assert one.model().id == BUNDLED
    assert one.checkpoint() is two.checkpoint()


def test_without_any_model_the_visitor_is_told_what_to_do(tmp_path: Path) -> None:
    visitors = Visitors(tmp_path, tmp_path / "none.safetensors")
    with pytest.raises(RefusedError, match="Train one"):
        visitors.get(visitors.start()).model()


def test_own_model_is_used_at_once_and_nobody_else_sees_it(visitors: Visitors, model_path: Path) -> None:
    mine, theirs = (visitors.get(visitors.start()) for _ in range(2))
    added = mine.add_model(model_path, "loaded from a file")
    assert mine.model() == added
    assert added.name == "Toy"
    assert mine.checkpoint().info == theirs.checkpoint().info
    assert theirs.model().id == BUNDLED
    with pytest.raises(RefusedError, match="not among yours"):
        theirs.use(added.id)
    assert mine.use(BUNDLED).id == BUNDLED


def test_malformed_model_is_refused_and_leaves_nothing(visitors: Visitors, tmp_path: Path) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"\xff" * 999)
    visitor = visitors.get(visitors.start())
    with pytest.raises(CheckpointError):
        visitor.add_model(broken, "loaded from a file")
    assert visitor.model().id == BUNDLED
    assert not list(visitors.data.rglob("*.safetensors"))


def test_models_of_a_visitor_are_bounded(tmp_path: Path, model_path: Path) -> None:
    visitors = Visitors(tmp_path, model_path, Limits(models=2))
    visitor = visitors.get(visitors.start())
    added = [visitor.add_model(model_path, "trained here") for i in range(3)]
    assert [m.id for m in visitor.models()] == [BUNDLED, added[2].id, added[1].id]
    assert not added[0].path.exists()


def test_model_for_which_no_room_can_be_made_leaves_nothing(tmp_path: Path, model_path: Path) -> None:
    visitors = Visitors(tmp_path, model_path, Limits(models=1))
    visitor = visitors.get(visitors.start())
    stuck = visitor.add_model(model_path, "trained here", use=False).path
    stuck.unlink()
    stuck.mkdir()  # so that it cannot be removed
    with pytest.raises((IsADirectoryError, PermissionError)):
        visitor.add_model(model_path, "trained here", run="a run")
    assert [model.id for model in visitor.models()] == [BUNDLED]
    assert visitor.run_models == {}
    assert visitors.records.every(ModelRow) == []
    assert visitors.records.every(VisitorRow)[0].in_use == BUNDLED
    assert list((tmp_path / "models").iterdir()) == [stuck]
    stuck.rmdir()
    assert visitor.add_model(model_path, "trained here", run="a run") == visitor.model()


def test_model_with_too_many_weights_is_refused_and_leaves_nothing(
    visitors: Visitors, model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = visitors.get(visitors.start())
    monkeypatch.setattr(session, "count_weights", lambda _: 12_000_001)
    with pytest.raises(RefusedError, match="may have 12 million"):
        visitor.add_model(model_path, "loaded from a file")
    assert not list((visitors.data / "models").iterdir())
    monkeypatch.undo()
    assert visitor.add_model(model_path, "loaded from a file")


def test_names_are_made_readable() -> None:
    assert readable_name("my_own-text.txt") == "My own text"
    assert readable_name("Everyday English") == "Everyday English"
    assert readable_name("T-shirt opinions") == "T-shirt opinions"
    assert readable_name(" a\u202eb \n c ") == "ab c"
    assert readable_name("x" * 2000) == "x" * 60
    assert readable_name(".txt") == ".txt"
    assert readable_name(" ") == ""


def test_model_is_called_what_its_file_says(visitors: Visitors, model_path: Path, tmp_path: Path) -> None:
    visitor = visitors.get(visitors.start())
    assert visitor.model().name == model_path.stem.title()  # not loaded yet
    visitor.checkpoint()
    assert visitor.model().name == "Toy"  # its text was toy.txt
    assert visitor.add_model(model_path, "loaded from a file").name == "Toy"
    nameless = tmp_path / "no_name-here.safetensors"
    known = load(model_path)
    save(nameless, replace(known, info=replace(known.info, name="")))
    assert visitor.add_model(nameless, "loaded from a file").name == "No name here"


def plain(session: Session, number: int = 8) -> str:
    """Says it."""
    if number < 0:
        raise RefusedError("Too small.")
    return f"{session.owner} {number}"


def stream(session: Session, number: int) -> Iterator[str]:
    yield plain(session, number)


async def later(session: Session, number: int) -> str:
    return plain(session, number)


async def stream_later(session: Session, number: int) -> AsyncIterator[str]:
    yield plain(session, number)


def test_bound_handlers_take_the_token_and_keep_their_kind(visitors: Visitors) -> None:
    token = visitors.start()
    said = plain(visitors.get(token), 3)

    async def first() -> str:
        return await anext(aiter(bind(visitors, stream_later)(token, 3)))

    assert bind(visitors, plain)(token, 3) == said
    assert list(bind(visitors, stream)(token, 3)) == [said]
    assert asyncio.run(bind(visitors, later)(token, 3)) == said
    assert asyncio.run(first()) == said
    bound = bind(visitors, plain)
    assert list(inspect.signature(bound).parameters) == ["token", "number"]
    assert (bound.__name__, bound.__doc__) == ("plain", "Says it.")


def test_bound_handlers_tell_the_person_why_not(visitors: Visitors) -> None:
    with pytest.raises(gr.Error, match=r"Too small\."):
        bind(visitors, plain)(visitors.start(), -1)
    with pytest.raises(gr.Error, match="Reload"):
        bind(visitors, plain)("forged", 1)


async def waiting(session: Session, closed: list[int], number: int) -> AsyncIterator[int]:
    """A stream that has nothing more to tell."""
    try:
        yield number
        await asyncio.Event().wait()
    finally:
        closed.append(number)


def test_one_stream_too_many_of_a_visitor_ends_the_first_and_nothing_else(visitors: Visitors) -> None:
    follow, mine, closed = bind(visitors, waiting), visitors.start(), list[int]()

    async def journey() -> None:
        tokens = [mine] * MAX_STREAMS + [visitors.start()]
        streams = [follow(token, closed, number) for number, token in enumerate(tokens)]
        assert [await anext(stream) for stream in streams] == list(range(MAX_STREAMS + 1))
        first, *others = waits = [asyncio.ensure_future(anext(stream)) for stream in streams]
        streams.append(follow(mine, closed, MAX_STREAMS + 1))
        assert await anext(streams[-1]) == MAX_STREAMS + 1
        with pytest.raises(gr.Error, match="Reload it"):
            await asyncio.wait_for(first, 10)
        assert closed == [0]
        assert not any(other.done() for other in others)
        for wait in waits[1:]:
            wait.cancel()
        await asyncio.wait(waits)
        for stream in streams:
            await stream.aclose()

    asyncio.run(journey())
    assert sorted(closed) == list(range(MAX_STREAMS + 2))


def test_a_stream_that_has_ended_makes_room_for_another(visitors: Visitors) -> None:
    follow, token, closed = bind(visitors, waiting), visitors.start(), list[int]()

    async def journey() -> None:
        lasting = follow(token, closed, 0)
        await anext(lasting)
        wait = asyncio.ensure_future(anext(lasting))
        for number in range(1, MAX_STREAMS + 2):
            brief = bind(visitors, stream_later)(token, number)
            assert [item async for item in brief] == [plain(visitors.get(token), number)]
        assert not wait.done()
        wait.cancel()
        await asyncio.wait([wait])

    asyncio.run(journey())
    assert closed == [0]


@pytest.mark.parametrize("value", [None, "7", True, float("nan"), float("inf"), 0, 51, 2.5, [3], {"a": 1}])
def test_whole_numbers_from_outside_are_checked(value: object) -> None:
    with pytest.raises(RefusedError, match="How many"):
        validation.whole(value, "How many", 1, 50)


def test_sentences_from_outside_are_checked() -> None:
    assert validation.sentence("  a \n b\t", "It") == "a b"
    for value in ("", " \n", None, 7, "x" * 401):
        with pytest.raises(RefusedError, match="It"):
            validation.sentence(value, "It")
