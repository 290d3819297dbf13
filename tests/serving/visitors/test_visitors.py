"""Who was here is known again after a restart, with all they made; and it goes when it must."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from vae.serving.limits import Limits
from vae.serving.records.database import Records
from vae.serving.records.rows import CorpusRow, ModelRow, RunRow, VisitorRow
from vae.serving.visitors import cleanup, corpus_sources, corpus_store, visitors
from vae.serving.visitors.corpus_store import CorpusStore
from vae.serving.visitors.session import BUNDLED, OvertakenError, RefusedError
from vae.serving.visitors.visitors import Visitors
from vae.system.paths import ASSETS
from vae.text.corpus import Corpus, CorpusError, read_corpus
from vae.ui.components.answers import unchanged
from vae.ui.corpus import handlers


class House:
    """A data folder, and the one server at a time that uses it."""

    def __init__(self, data: Path, bundled: Path) -> None:
        self.data, self.bundled = data, bundled
        self.server = Visitors(data, bundled)

    def restart(self, limits: Limits | None = None) -> Visitors:
        self.server.close()
        self.server = Visitors(self.data, self.bundled, limits)
        return self.server

    def files(self, kind: str) -> list[str]:
        folder = self.data / kind
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def house(tmp_path: Path, model_path: Path) -> Iterator[House]:
    house = House(tmp_path / "data", model_path)
    yield house
    house.server.close()


@pytest.fixture
def other(corpus: Corpus) -> Corpus:
    return read_corpus("\n".join(reversed(corpus.sentences)).encode(), "other.txt", layout="lines")


def test_visitor_finds_everything_after_a_restart(house: House, corpus: Corpus, model_path: Path) -> None:
    token = house.server.start()
    before = house.server.get(token)
    before.set_corpus(corpus)
    first = before.add_model(model_path, "trained here", run="a run")
    second = before.add_model(model_path, "loaded from a file")
    before.use(first.id)
    house.restart()
    assert house.server.start(token) == token
    after = house.server.get(token)
    assert after is not before
    assert after.owner == before.owner
    assert after.corpus == corpus
    assert after.text is not None
    assert (after.text.name, after.text.sentences) == ("toy.txt", 200)
    assert after.models() == before.models()
    assert after.model() == first
    assert after.run_models == {"a run": first.id}
    assert after.use(second.id) == second
    assert after.checkpoint().info.name == "Toy" or after.checkpoint().info.name == "toy.txt"


def test_only_tokens_of_this_server_open_anything(house: House, tmp_path: Path, model_path: Path) -> None:
    elsewhere = Visitors(tmp_path / "elsewhere", model_path)
    foreign = elsewhere.start()
    elsewhere.close()
    with pytest.raises(RefusedError, match="Reload"):
        house.server.get(foreign)
    assert house.server.start(foreign) != foreign
    owner = house.server.records.every(VisitorRow)[0].owner  # what stands in the records opens nothing
    with pytest.raises(RefusedError, match="Reload"):
        house.server.get(owner)


def test_token_stands_nowhere_in_the_data_folder(house: House, corpus: Corpus, model_path: Path) -> None:
    token = house.server.start()
    session = house.server.get(token)
    session.set_corpus(corpus)
    session.add_model(model_path, "trained here")
    house.server.close()
    assert not any(token.encode() in path.read_bytes() for path in house.data.rglob("*") if path.is_file())


def test_second_server_on_the_same_folder_is_refused_in_one_sentence(house: House) -> None:
    with pytest.raises(RefusedError, match=r"^Another server uses the data folder .*VAE_DATA to another folder\.$"):
        Visitors(house.data, house.bundled)
    code = "from vae.serving.visitors.visitors import Visitors; Visitors()"
    environment = {**os.environ, "VAE_DATA": str(house.data)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ASSETS.parent, env=environment, capture_output=True)
    assert b"Another server uses" in done.stderr
    house.restart()  # the refused ones have broken nothing


@pytest.mark.parametrize("name", ["runs", "models", "corpora", "uploads"])
def test_folder_with_files_that_are_not_ours_is_refused_and_nothing_is_removed(
    tmp_path: Path, model_path: Path, name: str
) -> None:
    letter = tmp_path / name / "letter.txt"
    letter.parent.mkdir()
    letter.write_text("Dear diary")
    words = r"^The folder .+ holds files but no records of this program\. Name an empty one in VAE_DATA\.$"
    for _ in range(2):
        with pytest.raises(RefusedError, match=words):
            Visitors(tmp_path, model_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [letter]


def test_folder_whose_records_were_moved_away_or_emptied_is_refused(house: House, corpus: Corpus) -> None:
    token = house.server.start()
    house.server.get(token).set_corpus(corpus)
    house.server.close()
    records = house.data / "records.sqlite3"
    records.rename(house.data / "aside")
    for _ in range(2):
        with pytest.raises(RefusedError, match="no records of this program"):
            Visitors(house.data, house.bundled)
        records.touch()
    assert len(house.files("corpora")) == 1
    (house.data / "aside").replace(records)
    assert house.restart().get(token).corpus == corpus


def test_same_text_is_kept_once_and_a_new_one_takes_its_place(house: House, corpus: Corpus, other: Corpus) -> None:
    session = house.server.get(house.server.start())
    session.set_corpus(corpus)
    first = house.files("corpora")
    session.set_corpus(read_corpus("\n".join(corpus.sentences).encode(), "toy.txt", layout="lines"))
    assert house.files("corpora") == first
    assert len(first) == 1
    session.set_corpus(other)
    assert len(house.files("corpora")) == 1
    assert house.files("corpora") != first
    assert [row.name for row in house.server.records.every(CorpusRow)] == ["other.txt"]
    assert session.corpus == other


def test_text_of_ours_is_in_memory_once_for_all_who_chose_it(house: House) -> None:
    tokens = [house.server.start() for _ in range(3)]
    for token in tokens:
        corpus_sources.read_and_keep(house.server.get(token), corpus_sources.bundled_corpus("hundred.txt"))
    house.restart()
    read_again = {id(house.server.get(token).corpus) for token in tokens}
    assert len(read_again) == 1
    assert len(house.files("corpora")) == 3


@pytest.mark.parametrize("harm", ["lost", "cut", "changed", "not json"])
def test_text_whose_file_is_broken_is_no_text_and_says_so(house: House, corpus: Corpus, harm: str) -> None:
    token = house.server.start()
    house.server.get(token).set_corpus(corpus)
    (path,) = (house.data / "corpora").iterdir()
    content = path.read_bytes()
    match harm:
        case "lost":
            path.unlink()
        case "cut":
            path.write_bytes(content[:-50])
        case "changed":
            path.write_bytes(content.replace(b"cat", b"cow"))
        case _:
            path.write_bytes(b"\xff\xfe")
    session = house.restart().get(token)
    assert session.text is not None
    assert session.corpus is None
    assert session.text is None
    assert str(session.text_problem) == "Your text “toy.txt” cannot be read any more. Choose it again."
    assert "Your text is lost" in handlers.show(session)[0]
    assert house.files("corpora") == []
    session.set_corpus(corpus)
    assert session.text_problem is None
    assert house.restart().get(token).corpus == corpus


def test_text_that_was_tidied_away_with_its_file_says_so(house: House, corpus: Corpus) -> None:
    token = house.server.start()
    house.server.get(token).set_corpus(corpus)
    house.server.records.drop(CorpusRow)
    session = house.restart().get(token)
    assert session.corpus is None
    assert str(session.text_problem) == "Your text cannot be read any more. Choose it again."
    session.set_corpus(corpus)
    assert (house.restart().get(token).corpus, session.text_problem) == (corpus, None)


def test_model_whose_file_is_lost_is_not_among_the_models_and_the_bundled_one_is_used(
    house: House, model_path: Path
) -> None:
    token = house.server.start()
    house.server.get(token).add_model(model_path, "trained here").path.unlink()
    session = house.restart().get(token)
    assert [model.id for model in session.models()] == [BUNDLED]
    assert session.model().id == BUNDLED


def test_text_past_the_limits_of_the_server_is_refused(house: House) -> None:
    server = house.restart(Limits(corpus_mb=1, sentences=50))
    session = server.get(server.start())
    with pytest.raises(CorpusError, match=r"at most 1\.0 MB"):
        corpus_sources.read_and_keep(session, corpus_sources.CorpusSource("a.txt", b"a line\n" * 200_000))
    with pytest.raises(CorpusError, match="more than 50 sentences"):
        corpus_sources.read_and_keep(session, corpus_sources.bundled_corpus("hundred.txt"))
    assert session.text is None


@pytest.mark.parametrize("data", [b"One sentence.\nAnother.\n", b"\0\1\2" * 1000], ids=["read", "not to be read"])
def test_text_asked_for_last_is_kept_though_another_is_read_longer(house: House, data: bytes) -> None:
    session = house.server.get(house.server.start())

    class Meanwhile(str):
        """An option at which the reading looks after it has begun: another text is chosen in that moment."""

        def __bool__(self) -> bool:
            corpus_sources.read_and_keep(session, corpus_sources.bundled_corpus("hundred.txt"))
            return False

    with pytest.raises(OvertakenError, match="another text meanwhile"):
        corpus_sources.read_and_keep(session, corpus_sources.CorpusSource("mine.txt", data), encoding=Meanwhile())
    assert session.text
    assert session.text.name == "hundred.txt"


def test_page_is_left_as_it_is_by_a_text_that_was_overtaken(house: House, tmp_path: Path) -> None:
    session = house.server.get(house.server.start())
    path = tmp_path / "long.txt"
    path.write_text("\n".join(f"This is sentence {n} of many that take a while." for n in range(300_000)), "utf-8")
    before = session.take_turn()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(handlers.choose_file, session, str(path))
        with suppress(OvertakenError):
            while True:  # until it has its turn, which it loses then
                session.check_turn(before)
        assert handlers.choose_ours(session, "hundred.txt").source == "ours"
        assert slow.result() == unchanged(handlers.ChoiceView)
    assert session.text
    assert session.text.name == "hundred.txt"


def test_full_disk_is_told_and_the_text_before_stays(house: House, corpus: Corpus, other: Corpus) -> None:
    session = house.server.get(house.server.start())
    session.set_corpus(corpus)
    folder = house.data / "corpora"
    folder.rename(house.data / "aside")
    folder.write_bytes(b"a file where the folder should be")
    with pytest.raises(RefusedError, match="could not store your text"):
        session.set_corpus(other)
    folder.unlink()
    (house.data / "aside").rename(folder)
    assert session.corpus == corpus


def test_visitor_has_one_session_however_many_are_in_memory(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "MAX_SESSIONS", 2)
    token = house.server.start()
    mine = house.server.get(token)
    for _ in range(5):
        house.server.start()
    assert house.server.get(token) is mine  # somebody has it open
    assert len(house.server._recent) == 2


def test_forgotten_visitor_leaves_nothing_and_can_keep_nothing(house: House, corpus: Corpus, model_path: Path) -> None:
    gone: list[str] = []
    house.server.on_forget = gone.append
    stays, token = house.server.start(), house.server.start()
    house.server.get(stays).add_model(model_path, "trained here")
    session = house.server.get(token)
    session.set_corpus(corpus)
    session.add_model(model_path, "trained here")
    house.server.forget(session.owner)
    assert gone == [session.owner]
    assert len(house.server) == 1
    for kept in (lambda: house.server.get(token), lambda: session.set_corpus(corpus), lambda: session.use(BUNDLED)):
        with pytest.raises(RefusedError, match="no longer knows"):
            kept()
    with pytest.raises(RefusedError, match="no longer knows"):
        session.add_model(model_path, "trained here")
    assert house.files("corpora") == []
    assert len(house.files("models")) == 1
    assert {row.owner for row in house.server.records.every(ModelRow)} == {house.server.get(stays).owner}
    assert house.server.start(token) != token


def test_visitor_who_comes_while_being_forgotten_is_a_new_one(house: House) -> None:
    token = house.server.start()
    came: list[str] = []
    house.server.on_forget = lambda owner: came.append(house.server.start(token))
    house.server.forget(house.server.get(token).owner)
    assert came
    assert came != [token]
    assert house.server.get(came[0])


def test_forgetting_ends_the_streams_that_are_open(house: House) -> None:
    from vae.ui.binding import bind

    token = house.server.start()

    async def waiting(session: object) -> object:
        yield "open"  # type: ignore[misc]
        await asyncio.Event().wait()

    async def journey() -> None:
        stream = bind(house.server, waiting)(token)
        assert await anext(stream) == "open"
        more = asyncio.ensure_future(anext(stream))
        await asyncio.to_thread(house.server.forget, house.server.get(token).owner)
        with pytest.raises(Exception, match="visit is over"):
            await asyncio.wait_for(more, 60)

    asyncio.run(journey())


def test_when_there_are_too_many_those_with_nothing_go_first_then_the_longest_away(
    house: House, corpus: Corpus, model_path: Path
) -> None:
    server = house.restart(Limits(visitors=4))
    with_text, with_model, with_run = (server.start() for _ in range(3))
    server.get(with_text).set_corpus(corpus)
    server.get(with_model).add_model(model_path, "trained here")
    owner = server.get(with_run).owner
    server.records.put(RunRow("run", owner, "", "{}", "", 0, "paused", "", 0, 1, 0, 1, time.time()))
    crowd = [server.start() for _ in range(10)]
    for token in (with_text, with_model, with_run, crowd[-1]):
        assert server.get(token)
    with pytest.raises(RefusedError):
        server.get(crowd[-2])
    assert len(server) == 4
    server.get(crowd[-1]).set_corpus(corpus)
    server = house.restart(Limits(visitors=4))
    long_ago(server)
    server.get(with_text)
    for token, seen in ((with_model, 9000), (with_run, 8000)):
        row = server.records.every(VisitorRow, owner=server.get(token).owner)[0]
        server._last_seen.pop(row.owner)
        server.records.put(replace(row, seen=time.time() - seen))
    server.start()
    with pytest.raises(RefusedError):
        server.get(with_model)
    assert server.get(with_text)


def test_newcomers_make_nobody_go_who_is_at_work(house: House, corpus: Corpus) -> None:
    from vae.ui.binding import bind

    server = house.restart(Limits(visitors=4))
    recent, trains, watches, away = (server.start() for _ in range(4))
    for token in (recent, away):
        server.get(token).set_corpus(corpus)
    owner = server.get(trains).owner
    server.records.put(RunRow("run", owner, "", "{}", "", 0, "waiting", "", 0, 1, 0, 1, time.time()))
    server = house.restart(Limits(visitors=4))
    long_ago(server)
    server.get(recent)

    async def waiting(session: object) -> object:
        yield "open"  # type: ignore[misc]
        await asyncio.Event().wait()

    async def crowd() -> None:
        stream = bind(server, waiting)(watches)
        assert await anext(stream) == "open"
        came = server.start()
        server.get(came).set_corpus(corpus)
        for _ in range(3):
            with pytest.raises(RefusedError, match="Try again in an hour"):
                server.start()
        for token in (recent, trains, watches, came):
            assert server.start(token) == token
        with pytest.raises(RefusedError):
            server.get(away)
        await stream.aclose()

    asyncio.run(crowd())


def long_ago(server: Visitors) -> None:
    """As if nobody had been here for two hours."""
    for row in server.records.every(VisitorRow):
        server.records.put(replace(row, seen=time.time() - 7200))


def test_who_was_not_seen_for_long_is_forgotten_and_who_was_is_not(
    house: House, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = house.restart(Limits(keep=1))
    away, here = server.start(), server.start()
    for token in (away, here):
        server.get(token).set_corpus(corpus)
    server = house.restart(Limits(keep=1))
    long_ago(server)
    server.get(here)
    server.tidy()
    assert len(server) == 2  # the server itself has only just come
    assert len(house.files("corpora")) == 2
    monkeypatch.setattr(visitors, "TRUSTED_UPTIME", 0)
    server.tidy()
    assert server.get(here).corpus == corpus
    with pytest.raises(RefusedError):
        server.get(away)
    assert len(house.files("corpora")) == 1


def test_who_comes_back_while_others_are_forgotten_stays(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "TRUSTED_UPTIME", 0)
    tokens = {house.server.get(token).owner: token for token in (house.server.start(), house.server.start())}
    server = house.restart(Limits(keep=1))
    long_ago(server)
    gone: list[str] = []

    def come_back(owner: str) -> None:
        gone.append(owner)
        (other,) = tokens.keys() - {owner}
        server.get(tokens[other])

    server.on_forget = come_back
    server.tidy()
    assert len(gone) == 1
    assert len(server) == 1


def test_who_was_here_is_noted_though_their_session_has_left_the_memory(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "MAX_SESSIONS", 1)
    monkeypatch.setattr(visitors, "TRUSTED_UPTIME", 0)
    tokens = [house.server.start() for _ in range(3)]
    server = house.restart(Limits(keep=1))
    long_ago(server)
    owners = [server.get(token).owner for token in tokens]
    gc.collect()
    assert len(server._sessions) == 1
    server.records.drop(VisitorRow, owner=owners[0])
    server.tidy()
    assert [row.owner for row in server.records.every(VisitorRow)] == owners[1:]


def test_private_folder_is_removed_with_its_server(model_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VAE_DATA", raising=False)
    server = Visitors(bundled=model_path)
    server.start()
    assert server.data.is_dir()
    server.close()
    assert not server.data.exists()


def test_texts_in_memory_are_bounded_by_their_bytes(tmp_path: Path, corpus: Corpus, other: Corpus) -> None:
    texts = CorpusStore(tmp_path, capacity=len(corpus.to_json()) + 10)
    first = texts.keep("a" * 32, corpus)
    assert texts.load(first) is corpus
    second = texts.keep("a" * 32, other)
    assert texts.load(second) is other
    assert texts.load(first) is not corpus
    assert texts.load(first) == corpus


def test_texts_in_memory_are_bounded_by_their_number(
    tmp_path: Path, corpus: Corpus, other: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus_store, "MAX_TEXTS", 1)
    texts = CorpusStore(tmp_path)
    first, second = (texts.keep("a" * 32, text) for text in (corpus, other))
    assert texts.load(second) is other
    assert texts.load(first) is not corpus
    assert texts.load(first) == corpus


def test_text_that_is_kept_again_is_as_good_as_new_to_the_janitor(tmp_path: Path, corpus: Corpus) -> None:
    texts, records = CorpusStore(tmp_path / "corpora"), Records(tmp_path / "records.sqlite3")
    text_id = texts.keep("a" * 32, corpus)
    os.utime(texts.path(text_id), (1.0, 1.0))
    assert texts.keep("a" * 32, corpus) == text_id
    assert cleanup.sweep(tmp_path, records) == {}
    os.utime(texts.path(text_id), (1.0, 1.0))
    assert cleanup.sweep(tmp_path, records) == {"corpora": 1}
    records.close()
