"""Comparing and evaluating without a browser: what is refused, what is shown, what a client of the API gets."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from support.runs import follow, in_state
from support.server import running_app

from vae.config.config import Config
from vae.config.families import FAMILIES
from vae.evaluation.figures import FIGURES, GROUPS
from vae.serving.jobs.service import Jobs
from vae.serving.limits import Limits
from vae.serving.visitors.comparison import Column, Comparison
from vae.serving.visitors.comparisons import MAX_MODELS, Comparisons
from vae.serving.visitors.session import BUNDLED, Session
from vae.serving.visitors.trainings import Trainings
from vae.serving.visitors.visitors import Visitors
from vae.text.corpus import Corpus
from vae.training.train import train
from vae.ui.compare import notices, view
from vae.ui.compare.handlers import CompareHandlers, CompareView
from vae.ui.compare.notices import Told

GRACE = 3.0  # seconds
SETTINGS = {"latent": 4, "hidden": 16, "encoder_hidden": 16, "embedding": 16, "minutes": 0.0, "epochs": 1.0}

# gradio_client leaves sockets and event loops to the garbage collector
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::DeprecationWarning"
)


@pytest.fixture(scope="module")
def models(
    config: Config, corpus: Corpus, model_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """A model file of each family."""
    paths = {"vae": model_path}
    for family in ("lm", "aae"):
        folder = tmp_path_factory.mktemp(family) / "run"
        list(train(replace(config, family=family), corpus, folder))
        paths[family] = folder / "best.safetensors"
    return paths


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    jobs = Jobs(tmp_path_factory.mktemp("runs"), limits=Limits(slots=1))
    yield jobs
    jobs.close()


@pytest.fixture
def comparisons(jobs: Jobs) -> Comparisons:
    return Comparisons(jobs, Trainings(jobs))


@pytest.fixture
def visitors(tmp_path: Path, model_path: Path) -> Visitors:
    return Visitors(tmp_path / "data", model_path)


@pytest.fixture
def visitor(visitors: Visitors, models: dict[str, Path], corpus: Corpus) -> Session:
    """Somebody with a text and a model of each family."""
    session = visitors.get(visitors.start())
    session.set_corpus(corpus)
    for path in models.values():
        session.add_model(path, "loaded from a file")
    return session


def ids(session: Session) -> list[str]:
    """Of the visitor's own models: vae, lm, aae."""
    return [model.id for model in reversed(session.models()) if model.id != BUNDLED]


async def over(comparisons: Comparisons, session: Session) -> None:
    async for _ in comparisons.follow(session):
        pass


@pytest.fixture(scope="module")
def compared(
    jobs: Jobs, models: dict[str, Path], model_path: Path, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory
) -> Comparison:
    """The three families, measured."""
    visitors = Visitors(tmp_path_factory.mktemp("data"), model_path)
    session = visitors.get(visitors.start())
    session.set_corpus(corpus)
    for path in models.values():
        session.add_model(path, "loaded from a file")

    async def measure() -> Comparison:
        comparisons = Comparisons(jobs, Trainings(jobs))
        comparison = await comparisons.compare(session, [], ids(session), "quick", {})
        await over(comparisons, session)
        return comparison

    return asyncio.run(measure())


def test_table_tells_why_a_family_has_no_such_figure(compared: Comparison) -> None:
    assert compared.state == "done", compared.problem
    shown = view.result(compared)
    assert shown is not None
    assert [column["title"] for column in shown["columns"]] == [FAMILIES[name].title for name in ("vae", "lm", "aae")]
    groups = {group["title"]: group for group in shown["groups"]}
    assert groups[GROUPS["latent"]]["without"] == ["", FAMILIES["lm"].limitation, ""]
    assert groups[GROUPS["density"]]["without"] == ["", "", FAMILIES["aae"].limitation]
    forward = next(row for row in groups[GROUPS["samples"]]["rows"] if row["title"] == "Forward perplexity")
    assert [("why" in cell) for cell in forward["cells"]] == [False, True, False]  # the judge is not judged
    assert "the language model" in shown["judge"]
    assert "cannot judge itself" in shown["judge"]
    assert shown["ways"][1] == []
    assert all(row["cells"][1] is None and row["cells"][0] and row["cells"][2] for row in shown["given"])
    assert all(len(said) > 1 for said in shown["samples"])
    assert "vae compare" in shown["command"]


@pytest.mark.parametrize("place", range(3), ids=["vae", "lm", "aae"])
def test_model_alone_is_shown_whatever_its_family_has_no_figures_of(compared: Comparison, place: int) -> None:
    column = list(compared.evaluated)[place]
    alone = replace(compared, columns=[column], evaluated={column: compared.evaluated[column]}, judge=None)
    shown = view.result(alone)
    assert shown is not None
    empty = {group["title"] for group in shown["groups"] if not group["rows"]}
    assert empty == [set(), {GROUPS["latent"], GROUPS["interpolation"]}, {GROUPS["density"]}][place]


def test_best_of_a_row_is_marked_only_where_figures_differ(compared: Comparison) -> None:
    shown = view.result(compared)
    assert shown is not None
    for group in shown["groups"]:
        for row in group["rows"]:
            texts = {cell["text"] for cell in row["cells"] if "why" not in cell}
            best = {cell["text"]: cell["share"] for cell in row["cells"] if cell.get("best")}
            assert len(best) <= 1 or set(best.values()) == {1.0}  # past the good end all are as good
            assert not best or (row["better"] and len(texts) > 1)


def test_best_is_looked_for_up_to_the_good_end_only_and_not_among_the_poorest(compared: Comparison) -> None:
    def best(*values: float) -> list[bool]:
        known = [
            replace(one, evaluation=replace(one.evaluation, reconstruction_bleu=value))
            for one, value in zip(compared.evaluated.values(), values, strict=True)
        ]
        cells = view._cells(FIGURES["reconstruction_bleu"], known)
        return [cell["best"] for cell in cells]

    assert best(10.0, 30.0, 20.0) == [False, True, False]
    assert best(10.0, 85.0, 90.0) == [False, True, True]
    assert best(81.0, 85.0, 90.0) == best(0.0, 0.0, 0.0) == [False, False, False]
    assert best(10.0, math.nan, 20.0) == [False, False, True]


def test_judge_among_the_models_is_not_compared_with_itself(compared: Comparison) -> None:
    shown = view.result(compared)
    assert shown is not None
    groups = {group["title"]: group for group in shown["groups"]}
    cells = [cell for row in groups[GROUPS["density"]]["rows"] for cell in row["cells"] if "why" not in cell]
    assert cells
    assert all(cell["share"] is None and cell["ends"] is None for cell in cells)


def test_judge_that_has_learned_next_to_nothing_is_told(compared: Comparison) -> None:
    little = "The judge has learned too little to judge."
    assert (little in notices.notices(told(compared, real_bits_per_character=3.5))) is True
    assert (little in notices.notices(told(compared, real_bits_per_character=1.5))) is False


def test_end_of_a_comparison_is_told(compared: Comparison) -> None:
    assert view.note(compared) == {"kind": "done", "text": "Done. The table is below."}


def test_models_of_a_comparison_under_way_are_not_dropped_for_newer_ones(
    visitor: Session, models: dict[str, Path]
) -> None:
    first, second, *_ = ids(visitor)
    visitor.pinned["compare"] = {first}
    for _ in range(visitor.limits.models):
        visitor.add_model(models["vae"], "loaded from a file")
    assert first in ids(visitor)
    assert second not in ids(visitor)
    assert len(ids(visitor)) == visitor.limits.models


def told(compared: Comparison, **figures: float) -> list[Told]:
    """The three as they were measured, the autoencoder with other figures."""
    found = list(compared.evaluated.values())
    first = replace(found[0], evaluation=replace(found[0].evaluation, **figures))
    kinds = [FAMILIES[name].title for name in ("vae", "lm", "aae")]
    return [
        Told(title, known.evaluation.family, known.evaluation)
        for title, known in zip(kinds, [first, *found[1:]], strict=True)
    ]


@pytest.mark.parametrize(
    ("times", "words"),
    [(2.0, "The language model finds the held-out sentences likeliest"), (1.0, "about equally likely"),
     (0.5, "The variational autoencoder finds the held-out sentences likeliest")],
)  # fmt: skip
def test_notice_on_likelihood_follows_the_figures(compared: Comparison, times: float, words: str) -> None:
    perplexity = list(compared.evaluated.values())[1].evaluation.perplexity
    assert perplexity is not None
    said = notices.notices(told(compared, perplexity=times * perplexity))
    assert sum(words in text for text in said) == 1
    assert sum("likel" in text for text in said) == 1


def test_notice_says_what_a_family_lacks_and_what_repeats_itself(compared: Comparison) -> None:
    said = notices.notices(told(compared, sample_distinct=0.25, reconstruction_bleu=0.4))
    assert FAMILIES["lm"].limitation in said
    assert FAMILIES["aae"].limitation in said
    assert "The variational autoencoder repeats itself: only 25% of its samples differ." in said


def test_columns_that_share_a_name_are_told_apart() -> None:
    assert view.titles([Column("A", "vae", ""), Column("A", "lm", "")]) == [
        FAMILIES["vae"].title, FAMILIES["lm"].title,
    ]  # fmt: skip
    twice = [Column("A", "vae", ""), Column("A", "vae", ""), Column("B", "vae", "")]
    assert view.titles(twice) == ["A 1", "A 2", "B"]


@pytest.mark.parametrize(
    ("families", "chosen", "words"),
    [
        (["vae", "gan"], [], "Family must be one of"),
        ("vae", [], "list of names"),
        ([["vae"]], [], "list of names"),
        ([], ["bundled", "../../etc/passwd"], "not among yours"),
        (["vae"], [], f"Choose two to {MAX_MODELS}"),
        (["vae", "vae"], [], f"Choose two to {MAX_MODELS}"),
        (None, None, f"Choose two to {MAX_MODELS}"),
    ],
)
def test_what_cannot_be_compared_is_refused_and_nothing_begins(
    comparisons: Comparisons, visitor: Session, families: object, chosen: object, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        asyncio.run(comparisons.compare(visitor, families, chosen, "quick", {}))
    assert comparisons.find(visitor) is None


def test_model_of_another_visitor_is_refused(comparisons: Comparisons, visitors: Visitors, visitor: Session) -> None:
    stranger = visitors.get(visitors.start())
    with pytest.raises(ValueError, match="not among yours"):
        asyncio.run(comparisons.compare(stranger, [], [BUNDLED, ids(visitor)[0]], "quick", {}))
    with pytest.raises(ValueError, match="not among yours"):
        asyncio.run(comparisons.evaluate(stranger, ids(visitor)[0]))


def test_families_need_a_text_and_settings_in_their_range(
    comparisons: Comparisons, visitors: Visitors, visitor: Session
) -> None:
    with pytest.raises(ValueError, match="minutes"):
        asyncio.run(comparisons.compare(visitor, ["vae", "lm"], [], "quick", {"minutes": -1.0}))
    with pytest.raises(ValueError, match="Choose one in Corpus"):
        asyncio.run(comparisons.compare(visitors.get(visitors.start()), ["vae", "lm"], [], "quick", {}))


def test_second_evaluation_is_the_first_and_a_stopped_one_can_begin_again(
    comparisons: Comparisons, visitor: Session
) -> None:
    async def press() -> None:
        first = await comparisons.evaluate(visitor)
        assert await comparisons.evaluate(visitor) is first
        with pytest.raises(ValueError, match="Another of your models is being measured"):
            await comparisons.evaluate(visitor, BUNDLED)
        comparisons.stop(visitor, "evaluate")
        await over(comparisons, visitor)
        assert first.state == "stopped"
        with pytest.raises(ValueError, match="Nothing is under way"):
            comparisons.stop(visitor, "evaluate")
        again = await comparisons.evaluate(visitor)
        assert again is not first
        await over(comparisons, visitor)
        assert again.state == "done"
        assert [column.title for column in again.evaluated] == [visitor.model().name]

    asyncio.run(press())


def test_end_that_comes_while_the_page_is_still_being_told_is_shown_next(
    comparisons: Comparisons, visitor: Session
) -> None:
    async def watch() -> list[CompareView]:
        evaluation = await comparisons.evaluate(visitor)
        assert evaluation.driver is not None
        shown = []
        async for answer in CompareHandlers(comparisons).follow(visitor):
            shown.append(answer)
            await evaluation.driver  # a slow browser: all is over when it has taken this in
        return shown

    first, last = asyncio.run(watch())
    assert first.evaluate_steps
    assert last.evaluate_steps is None
    assert last.evaluate_result["columns"]
    assert last.evaluate_note["kind"] == "done"


def test_full_queue_is_told_and_leaves_no_training(
    visitor: Session, tmp_path: Path, config: Config, corpus: Corpus
) -> None:
    full = Jobs(tmp_path / "runs", limits=Limits(slots=1, waiting=1))
    try:
        endless = replace(config, steps=10_000_000)
        follow(full, "others", full.submit("others", endless, corpus), in_state("running"))
        full.submit("others", endless, corpus)
        comparisons = Comparisons(full, Trainings(full))
        with pytest.raises(ValueError, match="waiting already"):
            asyncio.run(comparisons.compare(visitor, ["vae", "lm"], [], "quick", {}))
        assert comparisons.find(visitor) is None
        assert full.runs(visitor.owner) == []
    finally:
        full.close()


def test_trainings_of_a_comparison_go_on_while_it_is_watched_and_end_when_nobody_does(
    visitor: Session, tmp_path: Path
) -> None:
    jobs = Jobs(tmp_path / "runs", limits=Limits(slots=1), grace=GRACE)
    comparisons = Comparisons(jobs, Trainings(jobs))

    async def leave() -> Comparison:
        comparison = await comparisons.compare(visitor, ["vae"], ids(visitor)[1:2], "quick", SETTINGS | {"epochs": 1e3})
        column = comparison.columns[0]
        async for _ in comparisons.follow(visitor):
            if (column.seconds or 0) > 2 * GRACE:
                break
        assert comparison.driver is not None
        await comparison.driver
        return comparison

    try:
        comparison = asyncio.run(leave())
    finally:
        jobs.close()
    assert comparison.state == "done"
    assert (comparison.columns[0].seconds or 0) > 2 * GRACE
    assert "broke off. Nobody watched it for 3 seconds, so it was saved. What is" in str(comparison.columns[0].remark)
    assert len(comparison.evaluated) == 2


def test_without_a_text_a_model_is_measured_on_one_of_ours(comparisons: Comparisons, visitors: Visitors) -> None:
    visitor = visitors.get(visitors.start())

    async def begin() -> Comparison:
        comparison = await comparisons.evaluate(visitor)
        comparisons.stop(visitor, "evaluate")
        return comparison

    comparison = asyncio.run(begin())
    assert comparison.text == "everyday-english.tsv"
    assert len(comparison.sentences) == 300


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, model_path: Path) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("server")
    with running_app(folder, {"VAE_MODEL": str(model_path)}) as url:
        client = Client(url, verbose=False)
        yield client
        client.close()


def answers(client: Client, *given: Any, api_name: str) -> list[dict[str, Any]]:
    job = client.submit(*given, api_name=api_name)
    job.result(timeout=300)
    return list(job.outputs())


def test_client_trains_the_families_compares_them_and_finds_it_again(client: Client, corpus: Corpus) -> None:
    token = client.predict(api_name="/start")
    client.predict(token, None, "\n".join(corpus.sentences), "toy.txt", api_name="/read_corpus")
    told = answers(client, token, ["vae", "lm", "aae"], None, "quick", SETTINGS, api_name="/compare")
    last = told[-1]
    assert told[0]["state"] == "training"
    assert last["state"] == "done", last["message"]
    assert [model["family"] for model in last["models"]] == ["vae", "lm", "aae"]
    vae, lm, aae = last["models"]
    assert all(model["figures"]["perplexity"] > 1 for model in (vae, lm))
    assert aae["figures"]["perplexity"] is None
    assert aae["missing"]["perplexity"] == FAMILIES["aae"].limitation
    assert lm["path"] == lm["reconstructions"] == []
    assert all(len(model["path"]) > 1 for model in (vae, aae))
    assert all(model["seconds"] > 0 and model["samples"] for model in last["models"])
    assert client.predict(token, api_name="/comparison") == last
    mine = client.predict(token, api_name="/models")
    assert sorted(model["family"] for model in mine) == ["aae", "lm", "vae", "vae"]
    assert [model["id"] for model in mine if model["in_use"]] == [BUNDLED]
    with pytest.raises(AppError, match="no training yet"):  # its runs are none of the Train tab's
        client.predict(token, api_name="/status")


def test_client_evaluates_a_model_and_a_stranger_cannot(client: Client, corpus: Corpus) -> None:
    token, stranger = client.predict(api_name="/start"), client.predict(api_name="/start")
    client.predict(token, None, "\n".join(corpus.sentences), "toy.txt", api_name="/read_corpus")
    last = answers(client, token, BUNDLED, api_name="/evaluate")[-1]
    assert last["state"] == "done", last["message"]
    (model,) = last["models"]
    assert len(model["kl_per_dimension"]) == 4
    for endpoint in ("/comparison", "/stop_comparison"):
        with pytest.raises(AppError, match=r"no comparison|Nothing is under way"):
            client.predict(stranger, api_name=endpoint)
    with pytest.raises(AppError, match="Family must be one of"):
        answers(client, stranger, ["vae", "<b>"], None, "quick", {}, api_name="/compare")


def test_models_of_a_comparison_that_a_restart_has_ended_are_taken_over_once(
    jobs: Jobs, comparisons: Comparisons, visitors: Visitors, config: Config, corpus: Corpus
) -> None:
    visitor = visitors.get(visitors.start())
    run = jobs.submit(visitor.owner, config, corpus, aside=True)
    follow(jobs, visitor.owner, run)
    assert comparisons.collect_interrupted_models(visitor)
    assert [model.origin for model in visitor.models()] == ["bundled", "trained here"]
    assert visitor.model().id == BUNDLED
    assert not comparisons.collect_interrupted_models(visitor)
