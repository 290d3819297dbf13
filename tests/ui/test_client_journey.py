"""The page without a browser: the same journey through gradio_client and the named endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from support.server import running_app

SETTINGS = {"latent": 4, "hidden": 16, "encoder_hidden": 16, "embedding": 16, "minutes": 0.0, "seed": 3}
LINES = [
    f"{who} {does} {what}."
    for who in ("The cat", "A dog", "My sister", "Our teacher")
    for does in ("sees", "likes", "wants", "finds")
    for what in ("the red ball", "a green apple", "some fresh bread", "the quiet river")
]
ENDED = {"done", "stopped", "failed", "diverged"}

# gradio_client leaves sockets and event loops to the garbage collector
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::DeprecationWarning"
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, model_path: Path) -> Iterator[Client]:
    """A client of `python app.py`, started as a person starts it, with a small model as the bundled one."""
    folder = tmp_path_factory.mktemp("server")
    with running_app(folder, {"VAE_MODEL": str(model_path)}) as url:
        client = Client(url, verbose=False, download_files=str(folder / "downloads"))
        yield client
        client.close()


@pytest.fixture
def token(client: Client) -> str:
    return str(client.predict(api_name="/start"))


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "animals.txt"
    path.write_text("\n".join([LINES[0], "", *LINES]), encoding="utf-8")
    return path


def follow(client: Client, token: str) -> list[dict[str, Any]]:
    """Every answer of /watch, to the end of the newest run."""
    job = client.submit(token, api_name="/watch")
    job.result(timeout=300)
    return list(job.outputs())


def events(answers: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for answer in answers for event in answer["events"] if event["event"] == kind]


def test_text_becomes_a_model_that_samples_and_slides(client: Client, token: str, text: Path) -> None:
    read = client.predict(token, handle_file(text), api_name="/read_corpus")
    assert read["read"] == read["kept"] + sum(read["dropped"].values()) == len(LINES) + 2
    assert read["sentences"] == len(LINES)
    assert client.predict(token, "quick", {**SETTINGS, "epochs": 3.0}, api_name="/train")["run"]
    answers = follow(client, token)
    assert answers[-1]["state"] == "done"
    steps = [event["step"] for event in events(answers, "progress")]
    assert steps == sorted(set(steps))
    assert events(answers, "evaluated")[-1]["reconstructions"]
    assert "path" not in events(answers, "finished")[0]
    used = [model for model in client.predict(token, api_name="/models") if model["in_use"]]
    assert [(model["name"].lower(), model["origin"]) for model in used] == [("animals", "trained here")]
    assert len(client.predict(token, 3, api_name="/sample")) == 3
    assert len(client.predict(token, LINES[0], LINES[-1], 5, api_name="/slide")) == 5
    file = client.predict(token, api_name="/download_model")
    loaded = client.predict(token, handle_file(file), api_name="/load_model")
    assert next(model for model in loaded if model["in_use"])["origin"] == "loaded from a file"
    page = client.predict(token, False, api_name="/download_page")
    loaded = client.predict(token, handle_file(page), api_name="/load_model")
    assert next(model for model in loaded if model["in_use"])["origin"] == "loaded from a page"


def test_client_that_only_asks_for_the_status_gets_the_model(client: Client, token: str) -> None:
    client.predict(token, None, "\n".join(LINES), "my-own_text.txt", api_name="/read_corpus")
    answer = client.predict(token, "quick", {**SETTINGS, "epochs": 1.0}, api_name="/train")
    while answer["state"] not in ENDED:
        answer = client.predict(token, api_name="/status")
    assert answer["state"] == "done"
    used = [model for model in client.predict(token, api_name="/models") if model["in_use"]]
    assert [(model["name"], model["origin"]) for model in used] == [("My own text", "trained here")]


def test_paused_run_goes_on_and_a_stopped_one_keeps_its_model(client: Client, token: str) -> None:
    client.predict(token, None, "\n".join(LINES), api_name="/read_corpus")
    run = client.predict(token, "quick", {**SETTINGS, "epochs": 1000.0}, api_name="/train")["run"]
    job = client.submit(token, run, api_name="/watch")
    for answer in job:
        if events([answer], "progress"):
            break
    client.predict(token, run, api_name="/pause")
    job.result(timeout=120)
    paused = client.predict(token, run, api_name="/status")
    assert paused["state"] == "paused"
    client.predict(token, run, api_name="/resume")
    job = client.submit(token, run, api_name="/watch")
    for answer in job:
        if any(event["step"] > paused["progress"]["step"] for event in events([answer], "progress")):
            break
    client.predict(token, run, api_name="/stop")
    job.result(timeout=120)
    assert client.predict(token, run, api_name="/status")["state"] == "stopped"
    assert any(model["origin"] == "trained here" for model in client.predict(token, api_name="/models"))


def test_run_of_another_visitor_is_out_of_reach(client: Client, token: str) -> None:
    client.predict(token, None, "\n".join(LINES), api_name="/read_corpus")
    run = client.predict(token, "quick", {**SETTINGS, "epochs": 2.0}, api_name="/train")["run"]
    other = client.predict(api_name="/start")
    for endpoint in ("/status", "/pause", "/resume", "/stop", "/watch"):
        with pytest.raises(AppError, match="not found"):
            client.predict(other, run, api_name=endpoint)
    with pytest.raises(AppError, match="no training yet"):
        client.predict(other, api_name="/status")
    assert follow(client, token)[-1]["state"] == "done"


@pytest.mark.parametrize(
    ("preset", "settings", "start_from", "said"),
    [
        ("tiny", {}, "", "preset"),
        ("quick", {"latent": 9999}, "", "latent"),
        ("quick", {"latent": "32"}, "", "Latent size needs a number"),
        ("quick", {"latent": True}, "", "Latent size needs a number"),
        ("quick", {"threads": 64}, "", "no parameter"),
        ("quick", {"__class__": 1}, "", "no parameter"),
        ("quick", ["latent"], "", "Settings"),
        ("quick", {}, "someone-elses", "not among yours"),
        ("quick", {}, 7, "not among yours"),
    ],
)
def test_impossible_training_is_refused_in_words(
    client: Client, token: str, preset: str, settings: Any, start_from: Any, said: str
) -> None:
    client.predict(token, None, "\n".join(LINES), api_name="/read_corpus")
    with pytest.raises(AppError, match=said):
        client.predict(token, preset, settings, start_from, api_name="/train")


def test_training_without_a_text_says_where_to_get_one(client: Client, token: str) -> None:
    with pytest.raises(AppError, match="no text to train on"):
        client.predict(token, "quick", {}, api_name="/train")


def test_second_training_of_a_visitor_is_refused_while_one_goes_on(client: Client, token: str) -> None:
    client.predict(token, None, "\n".join(LINES), api_name="/read_corpus")
    client.predict(token, "quick", {**SETTINGS, "epochs": 1000.0}, api_name="/train")
    with pytest.raises(AppError, match="has not ended"):
        client.predict(token, "quick", SETTINGS, api_name="/train")
    client.predict(token, api_name="/stop")
    assert follow(client, token)[-1]["state"] in ENDED


@pytest.mark.parametrize(
    ("text", "name", "layout", "column", "said"),
    [
        ("", "pasted.txt", "auto", "", "nothing to read"),
        ("one line", "pasted.txt", "auto", "", "At least 2"),
        ("a line\nanother line", "pasted.txt", "sideways", "", "layout"),
        ("a line\nanother line", "pasted.txt", "auto", "review", "no column"),
    ],
)
def test_impossible_text_is_refused_in_words(
    client: Client, token: str, text: str, name: str, layout: str, column: str, said: str
) -> None:
    with pytest.raises(AppError, match=said):
        client.predict(token, None, text, name, layout, column, api_name="/read_corpus")


def test_link_in_place_of_a_file_is_not_fetched(client: Client, token: str) -> None:
    link = {
        "path": "http://198.51.100.7/text.txt",
        "url": "http://198.51.100.7/text.txt",
        "meta": {"_type": "gradio.FileData"},
    }
    with pytest.raises(AppError, match="link is not fetched"):
        client.predict(token, link, api_name="/read_corpus")
    with pytest.raises(AppError, match="link is not fetched"):
        client.predict(token, "quick", {"latent": link}, api_name="/train")


def test_shared_training_and_model_can_be_seen_and_copied_until_they_are_withdrawn(client: Client, token: str) -> None:
    client.predict(token, None, "\n".join(LINES), api_name="/read_corpus")
    client.predict(token, "quick", {**SETTINGS, "epochs": 1.0}, api_name="/train")
    run = client.predict(token, "run", "", api_name="/share")
    student = client.predict(api_name="/start")
    job = client.submit(student, run["code"], True, api_name="/shared")
    job.result(timeout=300)
    *seen, last = job.outputs()
    assert events(seen, "finished")
    assert [model["origin"] for model in last["models"] if model["in_use"]] == ["shared with you"]
    with pytest.raises(AppError, match="not found"):
        client.predict(student, run["target"], api_name="/status")

    follow(client, token)
    model = client.predict(token, api_name="/share")
    another = client.predict(api_name="/start")
    copied = client.predict(another, model["code"].lower(), api_name="/shared")
    assert copied["kind"] == "model"
    assert client.predict(token, api_name="/unshare") == {"kind": "model", "target": model["target"]}
    with pytest.raises(AppError, match="opens nothing"):
        client.predict(another, model["code"], api_name="/shared")


def test_who_is_forgotten_is_unknown_from_then_on(client: Client, token: str) -> None:
    client.predict(token, None, "\n".join(LINES), api_name="/read_corpus")
    run = client.predict(token, "quick", {**SETTINGS, "epochs": 1000.0}, api_name="/train")["run"]
    code = client.predict(token, "run", "", api_name="/share")["code"]
    assert client.predict(token, api_name="/forget") == {"forgotten": True}
    with pytest.raises(AppError, match="no longer knows this visit"):
        client.predict(token, run, api_name="/status")
    with pytest.raises(AppError, match="opens nothing"):
        client.predict(client.predict(api_name="/start"), code, api_name="/shared")


@pytest.mark.parametrize("stranger", ["", "x" * 43, "../../etc/passwd", None, 7])
def test_unknown_token_opens_nothing(client: Client, stranger: Any) -> None:
    with pytest.raises(AppError, match="no longer knows this visit"):
        client.predict(stranger, api_name="/status")
