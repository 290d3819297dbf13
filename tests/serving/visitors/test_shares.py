"""Sharing: a code lets whoever has it look, copies a model, opens nothing once withdrawn, and cannot be guessed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from support.runs import follow, in_state

from vae.config.config import Config
from vae.serving.limits import Limits
from vae.serving.records.rows import ShareRow
from vae.serving.visitors import sharing
from vae.serving.visitors.services import Services
from vae.serving.visitors.session import BUNDLED, RefusedError, Session
from vae.serving.visitors.sharing import ALPHABET, MAX_WRONG, OPENS_NOTHING, CodeGuesses, Sharing
from vae.serving.visitors.visitors import Visitors
from vae.text.corpus import Corpus
from vae.ui.components.answers import unchanged
from vae.ui.header.share_api import ShareEndpoints
from vae.ui.train.screen import RunView
from vae.ui.train.shared_run import WITHDRAWN, SharedRunHandlers


class Class:
    """A teacher, a student, and what lies between them."""

    def __init__(self, services: Services) -> None:
        self.visitors, self.jobs = services.visitors, services.jobs
        self.sharing, self.trainings = services.sharing, services.trainings
        self.api = ShareEndpoints(services)
        self.watching = SharedRunHandlers(self.trainings, self.sharing)
        self.token = self.visitors.start()

    @property
    def teacher(self) -> Session:
        return self.visitors.get(self.token)

    def student(self) -> Session:
        return self.visitors.get(self.visitors.start())


@pytest.fixture
def room(tmp_path: Path, model_path: Path) -> Iterator[Class]:
    services = Services.of(Visitors(tmp_path / "data", model_path, Limits(slots=1)))
    yield Class(services)
    services.close()


def own(session: Session) -> list[str]:
    return [model.origin for model in session.models() if model.id != BUNDLED]


def test_code_is_short_readable_and_the_same_until_it_is_withdrawn(room: Class, model_path: Path) -> None:
    model = room.teacher.add_model(model_path, "trained here")
    code = room.sharing.share(room.teacher, "model", model.id)
    assert re.fullmatch(f"[{ALPHABET}]{{4}}(-[{ALPHABET}]{{4}}){{2}}", code)
    assert room.sharing.share(room.teacher, "model", model.id) == code
    assert room.sharing.code(room.teacher, "model", model.id) == code
    room.sharing.unshare(room.teacher, "model", model.id)
    assert room.sharing.code(room.teacher, "model", model.id) is None
    assert room.sharing.share(room.teacher, "model", model.id) != code


def test_code_stands_nowhere_and_is_shown_again_after_a_restart(room: Class, model_path: Path) -> None:
    model = room.teacher.add_model(model_path, "trained here")
    code = room.sharing.share(room.teacher, "model", model.id)
    room.jobs.close()
    room.visitors.close()
    data = room.visitors.data
    bare = code.replace("-", "")
    files = [path.read_bytes() for path in data.rglob("*") if path.is_file()]
    assert not any(name.encode() in content for content in files for name in (code, bare))
    after = Visitors(data, model_path)
    again = Sharing(after.shared, room.jobs)
    assert again.code(after.get(room.token), "model", model.id) == code
    after.close()


def test_shared_model_becomes_ones_own_once_and_takes_no_second_place_in_memory(room: Class, model_path: Path) -> None:
    model = room.teacher.add_model(model_path, "trained here")
    code = room.sharing.share(room.teacher, "model", model.id)
    student = room.student()
    for typed in (code, code.lower(), code.replace("-", " "), f"https://school/?share={code}"):
        copy = room.sharing.copy(student, room.sharing.open(student, typed))
        assert student.model() == copy
    assert own(student) == ["shared with you"]
    assert copy.id != model.id
    assert student.checkpoint() is room.teacher.checkpoint()
    room.visitors.forget(room.teacher.owner)
    assert student.checkpoint().info.name == "toy.txt"
    with pytest.raises(RefusedError, match="opens nothing"):
        room.sharing.open(student, code)


@pytest.mark.parametrize(
    "code", [None, 7, "", "ABCD", ["0000-0000-0000"], "U" * 12, "0000-0000-0000", "0" * 10_000, "'; DROP TABLE shares"]
)
def test_whatever_is_wrong_with_a_code_the_words_are_the_same(room: Class, code: Any) -> None:
    with pytest.raises(RefusedError) as refused:
        room.sharing.open(room.student(), code)
    assert refused.value.message == OPENS_NOTHING


def test_withdrawn_code_and_code_of_what_is_gone_are_as_unknown_ones(
    room: Class, model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (room.teacher.add_model(model_path, "trained here") for _ in range(2))
    codes = [room.sharing.share(room.teacher, "model", model.id) for model in (first, second)]
    assert codes[0] != codes[1]
    room.sharing.unshare(room.teacher, "model", first.id)
    second.path.unlink()
    for code in codes:
        with pytest.raises(RefusedError) as refused:
            room.sharing.open(room.student(), code)
        assert refused.value.message == OPENS_NOTHING


def test_nobody_shares_or_withdraws_what_is_anothers(
    room: Class, model_path: Path, config: Config, corpus: Corpus
) -> None:
    model = room.teacher.add_model(model_path, "trained here")
    run = room.jobs.submit(room.teacher.owner, config, corpus)
    code = room.sharing.share(room.teacher, "model", model.id)
    student = room.student()
    for kind, target in (
        ("model", model.id),
        ("run", run),
        ("model", BUNDLED),
        ("folder", "x"),
        ("run", None),
        ("model", 7),
    ):
        for act in (room.sharing.share, room.sharing.unshare):
            with pytest.raises(ValueError, match=r"not among yours|not found|everybody has it|can be shared|its id"):
                act(student, kind, target)
    assert room.sharing.open(student, code).target == model.id
    follow(room.jobs, room.teacher.owner, run)


def test_wrong_guesses_are_bounded_and_right_codes_are_none(room: Class, model_path: Path) -> None:
    model = room.teacher.add_model(model_path, "trained here")
    code = room.sharing.share(room.teacher, "model", model.id)
    student, other = room.student(), room.student()
    for _ in range(3 * MAX_WRONG):
        room.sharing.open(student, code)
    for _ in range(MAX_WRONG):
        with pytest.raises(RefusedError, match="opens nothing"):
            room.sharing.open(student, "0000-0000-0000")
    for typed in ("0000-0000-0000", code):
        with pytest.raises(RefusedError, match="Too many wrong codes"):
            room.sharing.open(student, typed)
    assert room.sharing.open(other, code)


def test_guesses_of_all_are_bounded_and_come_back_with_time() -> None:
    guesses = CodeGuesses(each=2, together=3, window=0.0)
    for _ in range(20):  # each is forgotten before the next
        guesses.count("a")
    guesses = CodeGuesses(each=2, together=3, window=3600)
    for owner in "aab":
        guesses.count(owner)
    with pytest.raises(RefusedError, match="Too many"):
        guesses.count("c")


def test_shared_training_is_seen_live_read_only_and_its_model_copied_at_the_end(
    room: Class, config: Config, corpus: Corpus
) -> None:
    run = room.jobs.submit(room.teacher.owner, config, corpus)
    code = room.sharing.share(room.teacher, "run", run)
    student = room.student()

    async def journey() -> list[dict[str, Any]]:
        return [answer async for answer in room.api.shared(student, code, True)]

    answers = asyncio.run(journey())
    *seen, last = answers
    assert {answer["kind"] for answer in seen} == {"run"}
    assert seen[-1]["state"] == "done"
    assert {event["event"] for answer in seen for event in answer["events"]} >= {"started", "progress", "finished"}
    assert str(room.visitors.data) not in repr(seen)
    assert last["kind"] == "model"
    assert own(student) == ["shared with you"]
    for act in (room.trainings.stop, room.trainings.pause, room.trainings.resume, room.trainings.status):
        with pytest.raises(ValueError, match="not found"):
            act(student, run)
    shown = room.watching.redraw(student, code)
    assert len(shown) == len(RunView._fields)
    assert shown[0]["text"].startswith("This training has ended")


def test_withdrawing_ends_what_is_watched_at_its_next_news(room: Class, config: Config, corpus: Corpus) -> None:
    run = room.jobs.submit(room.teacher.owner, replace(config, steps=10_000_000), corpus)
    code = room.sharing.share(room.teacher, "run", run)
    student = room.student()

    async def journey() -> tuple[Any, ...]:
        last: tuple[Any, ...] = ()
        async for shown in screens(room.watching.follow(student, code)):
            if shown[3] is not None and room.jobs.status(room.teacher.owner, run).state == "running":
                room.sharing.unshare(room.teacher, "run", run)
            last = shown
        return last

    last = asyncio.run(asyncio.wait_for(journey(), 300))
    assert last[0] == {"kind": "error", "text": WITHDRAWN}
    assert room.jobs.status(room.teacher.owner, run).state == "running"
    room.jobs.stop(room.teacher.owner, run)
    follow(room.jobs, room.teacher.owner, run, in_state("stopped"))


def test_a_late_answer_is_not_drawn_over_what_a_page_shows_by_then(room: Class, config: Config, corpus: Corpus) -> None:
    run = room.jobs.submit(room.teacher.owner, replace(config, steps=10_000_000), corpus)
    code = room.sharing.share(room.teacher, "run", run)
    student, watching = room.student(), room.watching
    page, other = (gr.Request(session_hash=name) for name in ("left", "other"))

    async def drawn(left_at_once: bool) -> int:
        watching.switch(student, code, page)
        if left_at_once:
            watching.switch(student, "", page)
        seen = 0
        async for _ in screens(watching.follow(student, code, page)):
            seen += 1
            watching.switch(student, "", page)
        return seen

    for left_at_once in (False, True):  # what the browser cancels is under way, or has not begun
        assert asyncio.run(asyncio.wait_for(drawn(left_at_once), 60)) == (0 if left_at_once else 1)
    assert watching.redraw(student, code, page) == unchanged(RunView)
    assert watching.redraw(student, code, other) != unchanged(RunView)
    room.jobs.stop(room.teacher.owner, run)
    follow(room.jobs, room.teacher.owner, run, in_state("stopped"))


async def screens(stream: AsyncIterator[tuple[Any, ...]]) -> AsyncIterator[tuple[Any, ...]]:
    async for shown in stream:
        assert len(shown) == len(RunView._fields)
        yield shown


def test_share_goes_with_the_model(room: Class, model_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limited = replace(room.teacher.limits, models=1)
    monkeypatch.setattr(room.teacher, "limits", limited)
    first = room.teacher.add_model(model_path, "trained here")
    code = room.sharing.share(room.teacher, "model", first.id)
    room.teacher.add_model(model_path, "trained here")
    assert room.visitors.records.every(ShareRow) == []
    with pytest.raises(RefusedError, match="opens nothing"):
        room.sharing.open(room.student(), code)


def test_opening_a_code_removes_no_model_of_ones_own(
    room: Class, model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = room.sharing.share(room.teacher, "model", room.teacher.add_model(model_path, "trained here").id)
    student = room.student()
    monkeypatch.setattr(student, "limits", replace(student.limits, models=1))
    mine = student.add_model(model_path, "trained here")
    assert room.sharing.copy(student, room.sharing.open(student, code)) == mine  # the same file, which takes no place
    other = model_path.read_bytes()
    mine.path.unlink()
    mine.path.write_bytes(other + b" ")
    with pytest.raises(RefusedError, match="as many models"):
        room.sharing.copy(student, room.sharing.open(student, code))
    assert own(student) == ["trained here"]


def test_codes_of_different_things_and_owners_differ() -> None:
    made = {
        sharing._code(secret, kind, target, when)
        for secret in (b"a" * 32, b"b" * 32) for kind in ("model", "run") for target in "xy" for when in (1.0, 2.0)
    }  # fmt: skip
    assert len(made) == 16
