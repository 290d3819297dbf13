"""What becomes of the model of a run: taken over once, by whoever asks, and never lost."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
from support.runs import follow

from vae.config.config import Config
from vae.serving.jobs.service import Jobs
from vae.serving.limits import Limits
from vae.serving.records.rows import VisitorRow
from vae.serving.visitors.session import BUNDLED, RefusedError, Session, SharedState
from vae.serving.visitors.trainings import SCRATCH, SMALL, Trainings
from vae.text.corpus import Corpus, read_corpus

OWNER = "ada"


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    jobs = Jobs(tmp_path_factory.mktemp("runs"), limits=Limits(slots=1))
    yield jobs
    jobs.close()


@pytest.fixture(scope="module")
def run(jobs: Jobs, config: Config, corpus: Corpus) -> str:
    """A run of OWNER's that is done."""
    run = jobs.submit(OWNER, config, corpus)
    assert follow(jobs, OWNER, run)[0].state == "done"
    return run


@pytest.fixture
def session(tmp_path: Path, model_path: Path, corpus: Corpus) -> Session:
    """A visit of OWNER's in which nothing was taken over yet."""
    session = Session(SharedState.of(tmp_path, model_path, Limits()), VisitorRow(OWNER, 0.0))
    session.set_corpus(corpus)
    return session


def own(session: Session) -> list[str]:
    return [model.name for model in session.models() if model.id != BUNDLED]


def test_model_is_in_use_after_it_was_collected_under_the_name_of_its_text(
    jobs: Jobs, run: str, session: Session
) -> None:
    trainings = Trainings(jobs)
    assert trainings.model_fate(session, run) == ""
    trainings.collect_model(session, run)
    assert trainings.model_fate(session, run) == "used"
    assert own(session) == ["Toy"]
    assert trainings.model(session, run) == session.model()
    session.use(BUNDLED)
    assert trainings.model_fate(session, run) == "kept"
    assert trainings.model(session, run) != session.model()


def test_a_small_text_starts_from_the_ready_model_if_that_knows_its_words(
    jobs: Jobs, session: Session, corpus: Corpus
) -> None:
    assert len(corpus.sentences) < SMALL
    assert Trainings(jobs).suggested_base(session) == BUNDLED
    session.set_corpus(read_corpus("Сегодня очень холодно.\nМой брат читает книгу.\n".encode(), "other.txt"))
    assert Trainings(jobs).suggested_base(session) == SCRATCH
    session.set_corpus(read_corpus("".join(f"{s} {i}\n" for i in range(9) for s in corpus.sentences).encode()))
    assert session.text is not None
    assert session.text.sentences >= SMALL
    assert Trainings(jobs).suggested_base(session) == SCRATCH


def test_all_who_ask_at_once_find_it_in_use_and_it_is_there_once(jobs: Jobs, run: str, session: Session) -> None:
    trainings, everybody = Trainings(jobs), Barrier(6)

    def ask(_: int) -> str:
        everybody.wait(60)
        trainings.collect_model(session, run)
        return trainings.model_fate(session, run)

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(ask, range(6))) == ["used"] * 6
    assert own(session) == ["Toy"]


def test_model_that_could_not_be_kept_is_taken_over_as_soon_as_it_can(
    jobs: Jobs, run: str, session: Session, tmp_path: Path
) -> None:
    trainings = Trainings(jobs)
    (tmp_path / "models").write_bytes(b"a file where the folder should be")
    with pytest.raises(RefusedError, match="trained, but cannot be used"):
        trainings.collect_model(session, run)
    assert trainings.model_fate(session, run) == ""
    with pytest.raises(RefusedError, match="not kept here"):
        trainings.model(session, run)
    (tmp_path / "models").unlink()
    trainings.collect_model(session, run)
    assert trainings.model_fate(session, run) == "used"


def test_next_training_takes_over_the_model_of_the_one_before(
    jobs: Jobs, run: str, session: Session, config: Config
) -> None:
    trainings = Trainings(jobs)
    assert trainings.newest(session) == run
    following = trainings.start(session, replace(config, steps=10_000_000))
    try:
        assert trainings.model_fate(session, run) == "used"
        trainings.collect_model(session, following)  # which has not ended
        assert own(session) == ["Toy"]
    finally:
        trainings.stop(session, following)
        follow(jobs, OWNER, following)
