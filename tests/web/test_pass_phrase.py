"""The pass phrase of a class: who may come in, and who is told to wait."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from vae.web import pass_phrase
from vae.web.pass_phrase import MAX_WRONG, TOO_MANY, WRONG, PassPhraseGate, checked, secret_of

WORDS = "Blue  Whale"
KEY = b"k" * 32


def visitor(key: bytes = KEY, words: str = WORDS, **options: Any) -> TestClient:
    """Somebody who has opened the page of a gate that has an app behind it."""
    one = TestClient(
        PassPhraseGate(PlainTextResponse("inside"), words, key, "The <title>"), follow_redirects=False, **options
    )
    one.get("/")
    return one


def test_page_asks_for_the_phrase_and_runs_no_script() -> None:
    page = visitor().get("/")
    assert page.status_code == 200
    assert "inside" not in page.text
    assert "The &lt;title&gt;" in page.text
    assert "<script" not in page.text
    assert re.search(r'<label for="words">.*<input id="words"', page.text, re.DOTALL)
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/config", "/assets/index.js", "/gradio_api/queue/data", "/theme.css", "/favicon.ico"]
)
def test_nothing_else_is_served_without_it(path: str) -> None:
    answer = visitor().get(path)
    assert answer.status_code == 401
    assert "inside" not in answer.text


@pytest.mark.parametrize("said", [WORDS, "blue whale", " BLUE WHALE\t", "ｂｌｕｅ whale"])
def test_right_phrase_opens_for_as_long_as_the_cookie_holds(said: str) -> None:
    one = visitor()
    answer = one.post("/enter", data={"words": said, "then": "code=AB-12"})
    assert (answer.status_code, answer.headers["location"]) == (303, "./?code=AB-12")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert one.get("/config").text == "inside"


def test_browser_that_keeps_no_cookies_is_told_instead_of_asked_for_ever() -> None:
    one = visitor()
    one.cookies.clear()
    answer = one.post("/enter", data={"words": WORDS})
    assert answer.status_code == 400
    assert "keeps no cookies" in answer.text
    assert one.post("/enter", data={"words": WORDS}).status_code == 303  # they are kept now


def test_cookie_of_another_phrase_key_or_time_does_not_open(monkeypatch: pytest.MonkeyPatch) -> None:
    one = visitor()
    one.post("/enter", data={"words": WORDS})
    value = one.cookies[pass_phrase.COOKIE]
    issued, _, signature = value.partition(".")
    for other in (visitor(words="red whale"), visitor(key=b"q" * 32)):
        other.cookies.set(pass_phrase.COOKIE, value)
        assert other.get("/config").status_code == 401
    for wrong in (f"{int(issued) + 1}.{signature}", f"{issued}.", f"{issued}", "", "x.y", f"²{value}", "9" * 5_000):
        header = [(b"cookie", f"{pass_phrase.COOKIE}={wrong}".encode("latin-1"))]
        assert visitor().get("/config", headers=header).status_code == 401
    monkeypatch.setattr(pass_phrase, "VALID", -1)
    assert one.get("/config").status_code == 401


def test_wrong_phrase_says_so_and_after_a_few_tries_to_wait() -> None:
    one = visitor()
    for _ in range(MAX_WRONG):
        answer = one.post("/enter", data={"words": "red whale"})
        assert (answer.status_code, str(WRONG) in answer.text) == (403, True)
        assert 'aria-invalid="true"' in answer.text
    for _ in range(2):
        answer = one.post("/enter", data={"words": WORDS})  # not even the right one: nothing can be learned
        assert (answer.status_code, str(TOO_MANY) in answer.text) == (429, True)
    assert one.get("/config", headers={"X-Pass-Phrase": WORDS}).status_code == 429


def test_wrong_tries_keep_nobody_out_where_the_phrase_was_said_lately() -> None:
    gate = PassPhraseGate(PlainTextResponse("inside"), WORDS, KEY, "The title")
    here, there = (TestClient(gate, client=(name, 1), follow_redirects=False) for name in ("10.0.0.1", "10.0.0.2"))
    right = {"X-Pass-Phrase": "blue whale"}
    assert here.get("/config", headers=right).text == "inside"
    for number in range(pass_phrase.MAX_WRONG_OF_ALL):  # by a neighbour, and by as many strangers as count
        other = here if number <= MAX_WRONG else TestClient(gate, client=(f"10.1.{number}.1", 1))
        assert other.get("/config", headers={"X-Pass-Phrase": "red"}).status_code == 401
    for number in range(MAX_WRONG + 1):
        TestClient(gate, client=(f"10.2.{number}.1", 1)).get("/config", headers={"X-Pass-Phrase": "red"})
    assert here.get("/config", headers=right).text == "inside"
    assert there.get("/config", headers=right).status_code == 429
    for _ in range(pass_phrase.MAX_WRONG_OF_ALL):
        here.get("/config", headers={"X-Pass-Phrase": "red"})
    assert here.get("/config", headers=right).status_code == 429  # guesses stay bounded here, too


def test_a_minute_later_another_try_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    one = visitor()
    for _ in range(MAX_WRONG):
        one.post("/enter", data={"words": "red whale"})
    monkeypatch.setattr(pass_phrase, "MINUTE", 0.0)
    assert one.post("/enter", data={"words": WORDS}).status_code == 303


def test_client_may_say_it_in_a_header() -> None:
    assert visitor().get("/config", headers={"X-Pass-Phrase": "blue whale"}).text == "inside"
    assert visitor(words="Grüner Wal").get("/config", headers={"X-Pass-Phrase": "gr%C3%BCner%20wal"}).text == "inside"
    assert visitor().get("/config", headers={"X-Pass-Phrase": "red"}).status_code == 401


@pytest.mark.parametrize("then", ["//evil.example", "https://a.b", '"><script>', "a\r\nSet-Cookie: b", "x" * 300])
def test_nobody_is_sent_elsewhere(then: str) -> None:
    one = visitor()
    answer = one.post("/enter", data={"words": WORDS, "then": then})
    assert answer.headers["location"] == "./"
    assert "evil" not in one.get("/", params={"q": then}).headers.get("location", "")
    assert "<script>" not in visitor().get(f"/?{quote(then)}").text


@pytest.mark.parametrize("body", [b"", b"words", b"&" * 1000, b"words=" + b"x" * 100_000, b"\xff\xfe", b"words=%zz"])
def test_odd_form_is_a_wrong_try(body: bytes) -> None:
    assert visitor().post("/enter", content=body).status_code == 403


def test_secret_is_kept_in_the_data_folder_for_nobody_else_to_read(tmp_path: Path) -> None:
    key = secret_of(tmp_path / "data")
    assert len(key) == 32
    assert secret_of(tmp_path / "data") == key
    assert (tmp_path / "data" / "secret").stat().st_mode & 0o077 == 0
    assert secret_of(None) != secret_of(None)


def test_short_phrase_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="too short"):
        checked(" a b ")
