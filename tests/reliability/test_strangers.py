"""R7: nobody reaches what is another visitor's, whatever they know of it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from strangers import Stranger, Victim, strangers
from support.caller import Caller, given


@pytest.fixture
def two(edge: Any) -> Any:
    """Two visitors of one server, each in a browser of their own."""
    both = [Caller(edge.url).start() for _ in range(2)]
    yield both
    for one in both:
        one.close()


def test_stranger_reaches_nothing(edge: Any) -> None:
    found = strangers(edge.url, 60)
    assert found["how"] == []
    assert found["tries"] == 60
    assert found["endpoints"] > 15
    assert found["functions"] > 50


def test_every_endpoint_and_every_function_is_tried(edge: Any) -> None:
    victim = Victim(Caller(edge.url), run="r" * 12, model="m" * 12, files=["/a/b/c/d"], revoked=["AAAA-BBBB-CCCC"])
    victim.caller.token = "t" * 43
    stranger = Stranger(edge.url, victim, 1)
    named = {what.split()[0] for what, _ in stranger.endpoints() + stranger.tokens()}
    assert named == set(stranger.info) - {"/start"}
    tried = {int(what.split()[1]) for what, _ in stranger.functions()}
    assert tried == {one["id"] for one in stranger.me.functions if len(one["inputs"]) > 1}


@pytest.mark.soak
def test_stranger_reaches_nothing_in_a_thousand_tries(edge: Any) -> None:
    assert strangers(edge.url, 1000, seed=2)["how"] == []


def test_what_one_visitor_may_do_with_a_file_another_may_not(two: list[Caller]) -> None:
    mine, other = two
    path = mine.upload("animals.txt", b"A cat sees.\nA dog runs.\nA bird sings.")
    assert mine.file(path).status_code == 200
    assert other.file(path).status_code == 403
    text = ["", "pasted.txt", "auto", "", ""]
    assert other.call("read_corpus", other.token, given(path), *text)[0] is False
    assert mine.call("read_corpus", mine.token, given(path), *text)[0] is True


def test_one_name_of_a_session_is_two_sessions(two: list[Caller]) -> None:
    mine, other = two
    event = mine.join({"data": [mine.token], "fn_index": mine.number("models")}, "shared-name").json()["event_id"]
    heard = [message["msg"] for message in other.stream("shared-name", 20.0)]
    assert "process_completed" not in heard
    assert other.cancel(event, "shared-name").status_code == 404
    answers = [message.get("event_id") for message in mine.stream("shared-name")]
    assert event in answers


def test_client_without_cookies_has_its_own_session_and_files(edge: Any) -> None:
    client = Caller(edge.url, cookies=False).start()
    path = client.upload("animals.txt", b"A cat sees.")
    assert not client.http.cookies
    assert client.file(path).status_code == 200
    assert Caller(edge.url).file(path).status_code == 403


def test_cookie_suits_a_frame_under_https_and_plain_http(edge: Any) -> None:
    plain = httpx.get(edge.url).headers["set-cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    framed = httpx.get(edge.url, headers={"X-Forwarded-Proto": "https"}).headers["set-cookie"]
    for part in ("__Host-", "HttpOnly", "Secure", "SameSite=None", "Partitioned"):
        assert part in framed


def test_log_and_health_tell_no_secrets(edge: Any) -> None:
    victim = Victim(Caller(edge.url)).settle()
    told = edge.log + httpx.get(f"{edge.url}/health").text
    for secret in (*victim.secrets, *victim.files, *victim.revoked):
        assert secret not in told
    assert all(json.loads(line)["event"] for line in edge.log.splitlines())
    victim.caller.call("stop", victim.caller.token, victim.run)
