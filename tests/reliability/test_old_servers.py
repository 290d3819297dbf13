"""What a server of every released version had kept is found again: models, texts, runs, records and shared links."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from support.server import running_app

SERVERS = Path(__file__).parents[1] / "fixtures" / "servers"
KEPT = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(SERVERS.glob("*.json"))}

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::DeprecationWarning"
)


def test_every_released_format_has_a_server() -> None:
    assert {path.name for path in SERVERS.iterdir() if path.is_dir()} == set(KEPT)


@pytest.mark.parametrize("name", KEPT)
def test_visit_goes_on_with_the_next_version(name: str, tmp_path: Path, model_path: Path) -> None:
    known: dict[str, Any] = KEPT[name]
    shutil.copytree(SERVERS / name, tmp_path / "data")
    with running_app(tmp_path, {"VAE_MODEL": str(model_path)}) as url:
        client = Client(url, verbose=False)
        token, guest = known["token"], known["guest"]
        models = client.predict(token, api_name="/models")
        assert [(model["id"], model["in_use"]) for model in models][1] == (known["model"], True)
        said = client.predict(token, 4, places="bell", api_name="/sample")  # it has no fitted prior yet
        assert [one["text"] for one in said] == known["said"]
        ends = "The cat sees the red ball.", "Our teacher finds the quiet river."
        assert len(client.predict(token, *ends, 5, api_name="/slide")) == 5
        assert client.predict(token, known["done"], api_name="/status")["state"] == "done"

        # the links that were shared open what they opened
        shown = client.submit(guest, known["model_code"], api_name="/shared").result(timeout=60)
        assert [model["origin"] for model in shown["models"] if model["in_use"]] == ["shared with you"]
        watched = client.submit(guest, known["run_code"], api_name="/shared")
        assert watched.result(timeout=60)["state"] == "paused"
        with pytest.raises(AppError, match="opens nothing"):
            client.predict(guest, "AAAA-AAAA-AAAA", api_name="/shared")

        # the paused training goes on where it was
        paused = client.predict(token, known["paused"], api_name="/status")
        assert (paused["state"], paused["progress"]["step"]) == ("paused", known["step"])
        assert paused["message"] == known["message"]
        client.predict(token, known["paused"], api_name="/resume")
        watching = client.submit(token, known["paused"], api_name="/watch")
        for answer in watching:
            steps = [event["step"] for event in answer["events"] if event["event"] == "progress"]
            if steps and steps[-1] > known["step"]:
                break
        client.predict(token, known["paused"], api_name="/stop")
        watching.result(timeout=120)
        assert client.predict(token, known["paused"], api_name="/status")["state"] == "stopped"
        assert len(client.predict(token, api_name="/models")) == 3
        client.close()
