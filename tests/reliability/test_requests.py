"""R5 and R6: what is too large, too slow or beside the door, and bodies that no page sends, against the real server."""

from __future__ import annotations

import json
import random
import select
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.caller import API, Caller

MEGABYTE = 2**20
FLOOD = 120 * MEGABYTE  # bytes that are on offer; a sound server takes few of them
MORE = 20 * MEGABYTE  # of memory that it may take for them
PATIENCE = 60.0
FILE = b'--limit\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
FIELD = b'--limit\r\nContent-Disposition: form-data; name="files"\r\n\r\n'
FORM = b"Content-Type: multipart/form-data; boundary=limit\r\n"
JSON = b"Content-Type: application/json\r\n"


def blocks(begin: bytes = b"", fill: bytes = b"x" * 2**16) -> Iterator[bytes]:
    """A body that begins so and goes on for long."""
    yield begin
    for _ in range(FLOOD // len(fill)):
        yield fill


def flood(url: str, path: str, headers: bytes, body: Iterator[bytes], chunked: bool) -> int:
    """Send until the server answers: its status."""
    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port), PATIENCE) as wire:
        length = b"Transfer-Encoding: chunked\r\n" if chunked else b"Content-Length: %d\r\n" % FLOOD
        wire.sendall(b"POST %s HTTP/1.1\r\nHost: test\r\n%s%s\r\n" % (path.encode(), headers, length))
        for part in body:
            if select.select([wire], [], [], 0)[0]:
                break
            try:
                wire.sendall(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
            except ConnectionError:
                break
        return int(wire.recv(4096).split()[1])


@pytest.fixture(scope="module")
def visitor(edge: Any) -> Iterator[Caller]:
    """Somebody with a token, for whom the server has loaded all that it needs."""
    me = Caller(edge.url).start()
    about = me.http.get(f"{API}/info").json()["named_endpoints"]["/sample"]
    assert me.call("sample", me.token, *(one["parameter_default"] for one in about["parameters"][1:]))[0]
    yield me
    me.close()


def resident(pid: int, what: str = "VmHWM") -> int:
    """Bytes of a process in memory: by default the most since `forget_peak`."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(what))


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


FLOODS: dict[str, tuple[str, bytes, Callable[[], Iterator[bytes]], bool]] = {
    "json, announced": (f"{API}/queue/join", JSON, lambda: blocks(b'{"data": ["'), False),
    "json, chunked": (f"{API}/queue/join", JSON, lambda: blocks(b'{"data": ["'), True),
    "json of brackets": (f"{API}/queue/join", JSON, lambda: blocks(b'{"data": [', b"[" * 2**16), True),
    "a call": (f"{API}/call/start", JSON, lambda: blocks(b'{"data": ["'), True),
    "a file, announced": (f"{API}/upload", FORM, lambda: blocks(FILE), False),
    "a file, chunked": (f"{API}/upload", FORM, lambda: blocks(FILE), True),
    "a field": (f"{API}/upload", FORM, lambda: blocks(FIELD), True),
    "many files": (f"{API}/upload", FORM, lambda: blocks(FILE + b"x\r\n", FILE + b"x\r\n"), True),
    "many fields": (f"{API}/upload", FORM, lambda: blocks(FIELD + b"x\r\n", FIELD + b"x\r\n"), True),
}


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux, to measure memory")
@pytest.mark.parametrize("kind", FLOODS)
def test_oversized_request_is_refused_early_and_leaves_nothing(edge: Any, visitor: Caller, kind: str) -> None:
    path, headers, body, chunked = FLOODS[kind]
    left = len(edge.uploads)
    before = resident(edge.pid, "VmRSS")
    forget_peak(edge.pid)
    assert flood(edge.url, path, headers, body(), chunked) == 413
    grown = resident(edge.pid) - before
    print(f"{kind}: 413, memory {grown / MEGABYTE:+.1f} MB")  # shown by -rP
    assert grown < MORE
    until(lambda: len(edge.uploads) == left)


def test_broken_off_upload_leaves_no_file(edge: Any) -> None:
    left = len(edge.uploads)
    where = urlsplit(edge.url)
    with socket.create_connection((where.hostname, where.port), PATIENCE) as wire:
        head = f"POST {API}/upload HTTP/1.1\r\nHost: test\r\nContent-Length: 900000\r\n".encode() + FORM + b"\r\n"
        wire.sendall(head + FILE + b"x" * 300_000)
        until(lambda: len(edge.uploads) == left + 1)
    until(lambda: len(edge.uploads) == left)


def test_upload_of_what_is_no_file_is_refused_and_leaves_nothing(edge: Any) -> None:
    left = len(edge.uploads)
    for parts in (
        {"files": (None, "text")},
        {"other": ("a.txt", b"text")},
        {"files": ("a.txt", b"1"), "x": (None, "2")},
    ):
        assert httpx.post(f"{edge.url}{API}/upload", files=parts).status_code == 400
    assert len(edge.uploads) == left


def test_no_door_beside_the_door(edge: Any) -> None:
    ours = ("/run/start", "/api/start", "/component_server", "/stream/0", "/process_recording", "/call/v2/start")
    post = ["/run/start", "/api/start", "/login", *(API + path for path in ours)]
    others = ("/deep_link?session_hash=a", "/queue/status", "/dev/reload", "/token", "/runs", "/file/etc/passwd")
    get = [
        "/monitoring",
        "/docs",
        "/openapi.json",
        "/?deep_link=a",
        "/?%64eep_link=a",
        "/config?deep_link=a",
        "/file=/etc/passwd",
    ]
    get += [API + path for path in others]
    with httpx.Client(base_url=edge.url, timeout=PATIENCE) as client:
        assert {path: client.post(path, json={}).status_code for path in post} == dict.fromkeys(post, 404)
        assert {path: client.get(path).status_code for path in get} == dict.fromkeys(get, 404)
        for elsewhere in ("file=http://198.51.100.7/a", "file=https://a.b", "file=HTTP://a.b", "proxy=http://a.b"):
            assert client.get(f"{API}/{elsewhere}").status_code == 403
        inside = ("/etc/passwd", "//etc/passwd", "%2fetc%2fpasswd", "/proc/self/environ", "%2e%2e/etc/passwd", "app.py",
                  str(edge.folder / "log.jsonl"), str(edge.folder / "data" / "records.sqlite3"))  # fmt: skip
        assert {client.get(f"{API}/file={path}").status_code for path in inside} == {403}


def test_link_from_the_uploads_to_elsewhere_is_not_followed(edge: Any) -> None:
    me = Caller(edge.url)
    link = Path(me.upload("a.txt", b"text")).with_name("b.txt")
    link.symlink_to("/etc/passwd")
    assert me.file(str(link)).status_code == 403
    link.unlink()


def test_websocket_is_not_opened(edge: Any) -> None:
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAA",
    }
    assert httpx.get(edge.url, headers=asked).status_code != 101


def test_every_answer_has_the_headers(edge: Any) -> None:
    with httpx.Client(base_url=edge.url, timeout=PATIENCE) as client:
        script = client.get("/").text.split('src="./assets/')[1].split('"')[0]
        answers = [
            client.get("/"), client.head("/"), client.get(f"/assets/{script}"), client.get("/config"),
            client.get("/health"), client.get("/nothing"), client.get(f"{API}/file=http://a"),
            client.post(f"{API}/queue/join", json={}), client.post(f"{API}/upload"),
            client.get("/", headers={"Origin": "http://evil.example"}),
            client.options("/", headers={"Origin": "http://a.b", "Access-Control-Request-Method": "POST"}),
        ]  # fmt: skip
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff", answer.url
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "camera=()" in answer.headers["permissions-policy"]
        assert "'unsafe-inline'" not in answer.headers["content-security-policy"].split("style-src")[0]
        assert not {"x-frame-options", "x-powered-by", "access-control-allow-origin"} & set(answer.headers)
        assert "frame-ancestors" not in answer.headers["content-security-policy"]
        assert not any(character.isdigit() for character in answer.headers.get("server", ""))


def test_health_is_cheap_open_and_in_numbers(edge: Any) -> None:
    told = httpx.get(f"{edge.url}/health").json()
    assert told["status"] == "ok"
    for name in ("uptime_s", "slots", "busy", "waiting", "visitors", "models_mb", "rss_mb", "workers_rss_mb",
                 "requests", "errors", "free_disk_mb"):  # fmt: skip
        assert told[name] >= 0, name
    Caller(edge.url).start().close()
    until(lambda: (httpx.get(f"{edge.url}/health").json()["p50_ms"] or 0) > 0)
    head = httpx.head(f"{edge.url}/health")
    assert (head.status_code, head.content) == (200, b"")


# ---- bodies that no page sends

NAMES = st.text(max_size=8) | st.sampled_from(["path", "url", "meta", "__type__", "value", "index"])
ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["\x00", "../../etc/passwd", "http://198.51.100.7/a", "{{7*7}}", "ALL", "bundled"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


FEW = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
MANY = settings(max_examples=2_000, suppress_health_check=[HealthCheck.function_scoped_fixture])
VALUES = given(chance=st.randoms(use_true_random=False), odd=st.lists(ODD, min_size=1, max_size=30))


@FEW
@VALUES
def test_odd_values_are_answered_in_words(visitor: Caller, chance: random.Random, odd: list[Any]) -> None:
    say_odd_values(visitor, chance, odd)


@pytest.mark.soak
@MANY
@VALUES
def test_many_odd_values_are_answered_in_words(visitor: Caller, chance: random.Random, odd: list[Any]) -> None:
    say_odd_values(visitor, chance, odd)


def say_odd_values(visitor: Caller, chance: random.Random, odd: list[Any]) -> None:
    """Call one of all functions, private ones too, with anything in place of what it takes."""
    function = chance.choice([one for one in visitor.functions if one["inputs"]])
    data = [visitor.token, *(odd * 30)[: len(function["inputs"]) - 1]]
    done, told = visitor.ask(function["id"], data, patience=20.0)
    if "no longer knows" in str(told):  # it was that which ends a visit
        visitor.start()
    assert done or "Traceback" not in str(told)
    assert ".py" not in str(told)


@FEW
@given(body=st.dictionaries(
    st.sampled_from(["data", "fn_index", "session_hash", "event_data", "trigger_id", "event_id", "batched",
                     "simple_format", "oauth_token", "request", "x"]), ODD, max_size=8))  # fmt: skip
def test_odd_bodies_are_refused_before_they_reach_anything(visitor: Caller, body: dict[str, Any]) -> None:
    content = json.dumps(body).encode()
    for path in ("/queue/join", "/cancel", "/call/start", "/reset"):
        answer = visitor.http.post(API + path, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code < 500
        assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b"\xff\xfe{\x00}\x00", b"\x00" * 99, b'{"data": ' + b"[" * 100_000,
     b'{"data": [NaN], "fn_index": 0, "session_hash": "a"}',
     b'{"data": ' + b"[" * 200 + b"]" * 200 + b', "fn_index": 0, "session_hash": "a"}',
     b'{"data": [], "fn_index": ' + b"9" * 5_000 + b', "session_hash": "a"}', b'{"data": [], "fn_index": 0}',
     b'{"data": [1e999], "fn_index": 0, "session_hash": "a"}', b'{"data": [], "fn_index": 99999, "session_hash": "a"}',
     b'{"data": [], "fn_index": true, "session_hash": "a"}', b'{"data": [], "fn_index": 0, "session_hash": "../a"}',
     b'{"data": ["\\ud800"], "fn_index": 0, "session_hash": "a"}', b'{"data": {}, "fn_index": 0, "session_hash": "a"}',
     b'{"data": [' + b"0," * 100_000 + b'0], "fn_index": 0, "session_hash": "a"}'],
    ids=range(18),
)  # fmt: skip
def test_body_that_makes_no_sense_is_refused(visitor: Caller, body: bytes) -> None:
    answer = visitor.http.post(f"{API}/queue/join", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert len(answer.json()["detail"]) < 100


def test_body_with_bytes_changed_is_answered_in_words(visitor: Caller) -> None:
    chance = random.Random(5)
    sound = {"data": [visitor.token], "fn_index": visitor.number("models"), "session_hash": "odd"}
    for _ in range(100):
        body = bytearray(json.dumps(sound).encode())
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(body))
            body[place : place + chance.randint(0, 3)] = bytes(
                chance.randrange(256) for _ in range(chance.randint(0, 3))
            )
        answer = visitor.http.post(
            f"{API}/queue/join", content=bytes(body), headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (200, 422)


def test_afterwards_the_server_is_well_and_nothing_unforeseen_has_happened(visitor: Caller) -> None:
    assert visitor.call("models", visitor.token)[0]
    until(lambda: visitor.http.get("/health").json()["status"] == "ok")
    assert visitor.http.get("/health").json()["errors"] == 0


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.02)
