"""Comparing and evaluating without a browser: what is refused, what is shown, what a client of the API gets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from support.evaluations import evaluated, evaluation
from support.runs import follow, in_state
from support.server import running_app

from vae.config.config import Config
from vae.config.families import FAMILIES
from vae.evaluation.evaluation import Evaluation
from vae.evaluation.figures import FIGURES
from vae.serving.jobs.service import Jobs
from vae.serving.limits import Limits
from vae.serving.visitors.comparison import Column, Comparison
from vae.serving.visitors.comparison_record import from_json, to_json
from vae.serving.visitors.comparisons import MAX_MODELS, Comparisons
from vae.serving.visitors.session import BUNDLED, Session
from vae.serving.visitors.trainings import Trainings
from vae.serving.visitors.visitors import Visitors
from vae.text.corpus import Corpus
from vae.training.train import train
from vae.ui.compare import notices, summary, tables, view
from vae.ui.compare.handlers import CompareHandlers, CompareView
from vae.ui.compare.summary import Told

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
    groups = shown["groups"]
    assert groups["latent"]["without"] == ["", FAMILIES["lm"].limitation, ""]
    assert groups["density"]["without"] == ["", "", FAMILIES["aae"].limitation]
    forward = next(row for row in groups["samples"]["rows"] if row["title"] == "Forward perplexity")
    assert [("why" in cell) for cell in forward["cells"]] == [False, True, False]  # the judge is not judged
    assert "the language model" in shown["judge"]
    assert "cannot judge itself" in shown["judge"]
    assert shown["ways"][1] == []
    assert all(row["cells"][1] is None and row["cells"][0] and row["cells"][2] for row in shown["given"])
    assert all(len(said) > 1 for said in shown["samples"])
    assert [curve["title"] for curve in shown["curves"]] == []  # nothing was trained for it
    assert "vae compare" in shown["command"]


def test_nothing_is_told_of_ten_sentences(compared: Comparison) -> None:
    shown = view.result(compared)
    assert shown is not None
    (caution,) = shown["cautions"]
    assert "Nothing can be told: only 10 sentences were held out" in caution
    assert shown["summary"] == []
    drawn = [cell for group in (shown["glance"], *shown["groups"].values()) for row in group["rows"]
             for cell in row["cells"]]  # fmt: skip
    assert not any(cell.get("best") or cell.get("share") is not None for cell in drawn)


@pytest.mark.parametrize("place", range(3), ids=["vae", "lm", "aae"])
def test_model_alone_is_shown_whatever_its_family_has_no_figures_of(compared: Comparison, place: int) -> None:
    column = list(compared.evaluated)[place]
    alone = replace(compared, columns=[column], evaluated={column: compared.evaluated[column]}, judge=None)
    shown = view.result(alone)
    assert shown is not None
    empty = {name for name, group in shown["groups"].items() if not group["rows"]}
    assert empty == [set(), {"latent", "interpolation"}, {"density"}][place]


def test_comparison_comes_back_from_the_records_as_it_was(compared: Comparison) -> None:
    again = from_json(to_json(compared), {})
    assert again is not None
    assert view.result(again) == view.result(compared)
    assert [column.seconds for column in again.columns] == [column.seconds for column in compared.columns]


@pytest.mark.parametrize("change", ["evaluation", "state", "columns", "nonsense"])
def test_record_that_is_none_is_as_if_there_were_none(compared: Comparison, change: str) -> None:
    raw = json.loads(to_json(compared))
    if change == "evaluation":  # of a version that had other figures
        del raw["columns"][0]["found"]["evaluation"]["perplexity"]
    elif change != "nonsense":
        raw[change] = 7
    assert from_json(json.dumps(raw)[: -1 if change == "nonsense" else None], {}) is None


def models_of(*known: Evaluation) -> list[Told]:
    return [Told(FAMILIES[each.family].title, each.family, each) for each in known]


LM = {"family": "lm", "token_accuracy": None, "sample_perplexity_ratio": None, "path_different": None}
AAE = {"family": "aae", "perplexity": None, "bits_per_character": None}


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ([{"perplexity": 60.0}, {"perplexity": 30.0, **LM}],
         ["The language model finds sentences it has never seen likeliest: perplexity 30.0 (28.5–31.5), against 60.0 "
          "(57.0–63.0) for the variational autoencoder."]),
        ([{"perplexity": 30.5}, {"perplexity": 30.0, **LM}],
         ["The language model and the variational autoencoder find unseen sentences about equally likely: perplexity "
          "30.0 (28.5–31.5) and 30.5 (29.0–32.0)."]),
        ([{"perplexity": 900.0, "token_accuracy": 0.6}, {"perplexity": 30.0, **LM}, {**AAE, "token_accuracy": 0.3}],
         ["The language model: perplexity 30.0 (28.5–31.5), and no other model to compare it with.",
          "The adversarial autoencoder: 30% of its words in place (28–32%), and no other model to compare it with."]),
        ([{"token_accuracy": 0.6, "perplexity": None}, {**AAE, "token_accuracy": 0.3}],
         ["The variational autoencoder gives most of a sentence back: 60% of its words in place (57–63%), against 30% "
          "(28–32%) for the adversarial autoencoder."]),
        ([{"sample_perplexity_ratio": 5.0, "perplexity": None}, {**AAE, "sample_perplexity_ratio": 4.0}],
         ["None of them says natural sentences: 4.00 times as odd as real text (3.80–4.20) for the adversarial "
          "autoencoder and 5.00 (4.75–5.25) for the variational autoencoder."]),
        ([{"sample_perplexity_ratio": 1.2, "perplexity": None, "real_perplexity": 900.0},
          {**AAE, "sample_perplexity_ratio": 2.5, "real_perplexity": 900.0}], []),
        ([{"perplexity": 60.0, "sentences": 5}, {"perplexity": 30.0, "sentences": 5, **LM}], []),
    ],
    ids=["best", "tie", "little", "given back", "none", "judge", "few"],
)  # fmt: skip
def test_summary_says_who_is_best_as_far_as_figures_tell(known: list[dict[str, Any]], said: list[str]) -> None:
    assert summary.sentences(models_of(*(evaluation(**values) for values in known))) == said


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sentences": 5}, "Nothing can be told: only 5 sentences were held out"),
        ({"sentences": 50}, "Only 50 sentences were held out to measure on: small differences may be chance."),
        ({"real_bits_per_character": 3.5}, "The judge, your “Judge”, has learned too little to judge"),
        ({"bits_per_character": 3.5}, "3.5 bits a character, where guessing letter by letter takes 4.0"),
        ({"perplexity": 900.0}, "it does no better than a blind guess among the 800 words of the text"),
        ({"shared_words": 0.2}, "only 20% of the words that it says are words of the text"),
        ({"forward_perplexity": 900.0}, "no likelier, to the judge, than words picked at random"),
        ({}, ""),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_said(values: dict[str, Any], words: str) -> None:
    said = summary.cautions(models_of(evaluation(**values)), "your “Judge”")
    assert [words in text for text in said] == ([True] if words else [])


def test_perplexity_past_the_vocabulary_is_told_as_that_and_a_model_that_guesses_has_no_bars() -> None:
    known = evaluation(perplexity=20_000.0, sample_distinct=1.0)
    (cell,) = tables.cells(FIGURES["perplexity"], [evaluated(known)])
    assert (cell["text"], cell["note"]) == ("over 800", "no better than guessing")
    (cell,) = tables.cells(FIGURES["sample_distinct"], [evaluated(known)])
    assert (cell["text"], cell["share"], cell["best"]) == ("100%", None, False)


def test_judge_among_the_models_is_not_its_own_measure() -> None:
    measured = [evaluated(evaluation(perplexity=60.0)), evaluated(evaluation(perplexity=30.0, **LM))]
    for own in (True, False):
        rows = tables.group("density", measured, own=own)["rows"]
        bars = [cell["share"] is not None for row in rows for cell in row["cells"] if "why" not in cell]
        assert any(bars) is not own


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


def test_notice_says_what_a_family_lacks_and_what_repeats_itself() -> None:
    said = notices.notices(models_of(evaluation(sample_distinct=0.25), evaluation(**LM), evaluation(**AAE)))
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
    assert last.evaluate_note is None


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


def test_comparison_goes_on_after_a_restart_and_can_be_stopped(
    visitors: Visitors, visitor: Session, tmp_path: Path
) -> None:
    def new_jobs() -> Jobs:
        return Jobs(tmp_path / "runs", records=visitors.records, limits=Limits(slots=1))

    def serving(jobs: Jobs) -> Comparisons:
        return Comparisons(jobs, Trainings(jobs), visitors.records)

    async def going(comparisons: Comparisons) -> Comparison:
        """The comparison, as soon as its first training tells how far it is."""
        async for _ in comparisons.follow(visitor):
            comparison = comparisons.find(visitor)
            assert comparison is not None
            if comparison.columns[0].seconds:
                break
        return comparison

    async def begin_and_shut_down(jobs: Jobs) -> list[str]:
        comparisons = serving(jobs)
        await comparisons.compare(visitor, ["vae", "lm"], [], "quick", SETTINGS | {"epochs": 1e3})
        comparison = await going(comparisons)
        await asyncio.to_thread(jobs.close)
        assert comparison.driver is not None
        await comparison.driver
        return [column.run for column in comparison.columns]

    async def go_on_and_stop(jobs: Jobs) -> list[str]:
        comparisons = serving(jobs)
        comparison = await going(comparisons)
        comparisons.stop(visitor)
        return [column.run for column in comparison.columns]

    runs = asyncio.run(begin_and_shut_down(new_jobs()))
    jobs = new_jobs()
    try:
        assert asyncio.run(go_on_and_stop(jobs)) == runs
        assert {follow(jobs, visitor.owner, run)[0].state for run in runs} == {"stopped"}
        stopped = serving(jobs).find(visitor)
    finally:
        jobs.close()
    assert stopped is not None
    assert stopped.state == "stopped"


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
