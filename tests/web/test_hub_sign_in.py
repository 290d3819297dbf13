"""Signing in with the Hub, in a Space that offers it: the real server between stand-ins of the Hub and its accounts."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import gradio as gr
import httpx
import pytest
from support.hub import standing_in
from support.hub_accounts import TOKEN, Accounts, accounts_standing_in
from support.server import running_app
from support.visitor import Plan, Visit, Wire

from vae.web import hub_sign_in

PASTED = "hf_pasted"
needs_packages = pytest.mark.skipif(
    any(find_spec(name) is None for name in hub_sign_in.PACKAGES), reason="needs what Gradio signs people in with"
)


def walk(address: str, cookies: dict[str, str]) -> httpx.Response:
    """Where a browser with these cookies ends, which are sent to this server alone, Secure or not: it is their own."""
    home = urlsplit(address).netloc
    for _ in range(8):
        there = {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        answer = httpx.get(address, headers=there if urlsplit(address).netloc == home else {}, timeout=60)
        for name, _, rest in (line.partition("=") for line in answer.headers.get_list("set-cookie")):
            value, *flags = rest.lower().split("; ")
            cookies[name] = rest.partition(";")[0]
            if value == "null":
                del cookies[name]
            elif name == "session":
                assert set(flags) == {"path=/", "httponly", "secure", "samesite=none", "partitioned"}
        if not answer.is_redirect:
            return answer
        address = str(httpx.URL(address).join(answer.headers["location"]))
    raise AssertionError(f"in circles: {address}")


async def send(visit: Visit, pasted: str = "") -> tuple[str, bool]:
    """Look at what would be sent, and send it: what is said, and whether the page asked for a token."""
    named = {"publish_name": "ada/little-house", "publish_licence": "mit"}
    *_, field = await visit.press("publish-look", **named)
    said, *_ = await visit.press("publish-send", **named, publish_token=pasted)
    return str(said), bool(field["visible"])


async def publish(url: str, accounts: Accounts, model: Path) -> None:
    wire = Wire(url)
    plan = await Plan.read(wire)
    wire.close()
    ada, other = Visit(url, plan), Visit(url, plan)
    for visit in (ada, other):
        await visit.open()
        file = await visit.upload("mine.safetensors", model.read_bytes())
        await visit.call("load_model", file)
    said, asked = await send(ada)
    assert asked
    assert "Paste a token first" in said

    accounts.agrees = False
    assert walk(f"{url}/login/huggingface?_target_url=/", ada.cookies).url.path == "/"
    assert "Paste a token first" in (await send(ada))[0]
    accounts.agrees, accounts.well = True, False
    answer = walk(f"{url}/login/huggingface?_target_url=/", ada.cookies)
    assert (answer.status_code, "did not sign you in" in answer.text) == (502, True)
    accounts.well = True
    without = walk(f"{url}/login/callback?code=code-1&state=mine", {})
    assert (without.status_code, "kept no cookie" in without.text) == (400, True)

    back = walk(f"{url}/login/huggingface?_target_url=/?share=abc", ada.cookies)
    assert (back.status_code, back.url.path, parse_qs(back.url.query.decode())) == (200, "/", {"share": ["abc"]})
    assert "contribute-repos" in accounts.asked[-1]
    said, asked = await send(ada)
    assert "Sent to" in said
    assert not asked
    said, asked = await send(other)
    assert asked
    assert "Paste a token first" in said
    assert "Sent to" in (await send(ada, PASTED))[0]

    accounts.scope = "openid profile read-repos"
    walk(f"{url}/login/huggingface?_target_url=/", ada.cookies)
    said, asked = await send(ada)
    assert asked
    assert "did not ask the Hub for leave to write" in said
    walk(f"{url}/logout?_target_url=/", ada.cookies)
    assert "Paste a token first" in (await send(ada))[0]
    for visit in (ada, other):
        await visit.close()


@needs_packages
def test_who_signs_in_publishes_without_a_token_that_anybody_else_could_find(tmp_path: Path, model_path: Path) -> None:
    with accounts_standing_in() as accounts, standing_in() as hub:
        hub_at = {"HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_XET": "1"}
        with running_app(tmp_path, {**accounts.environment(), **hub_at}) as url:
            asyncio.run(publish(url, accounts, model_path))
        assert hub.tokens - {""} == {f"Bearer {TOKEN}", f"Bearer {PASTED}"}
    kept = [path for path in tmp_path.glob("**/*") if path.is_file()]
    assert any(path.name == "server.log" for path in kept)
    assert [path.name for path in kept if TOKEN.encode() in path.read_bytes()] == []
    log = (tmp_path / "server.log").read_text()
    assert "sign-in failed" in log
    assert [word for word in ("share=abc", "code-", "hf_oauth", "secret-of") if word in log] == []


@pytest.mark.parametrize("lacking", [*hub_sign_in.VARIABLES, "SYSTEM", "package"])
def test_nobody_is_offered_a_sign_in_that_would_not_work(
    lacking: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in Accounts(url="http://127.0.0.1:9").environment().items():
        monkeypatch.setenv(name, value if name != lacking else "")
    monkeypatch.setattr(hub_sign_in, "PACKAGES", ("gradio", "no_such_package") if lacking == "package" else ("gradio",))
    assert not hub_sign_in.offered()
    assert ("pip install no_such_package" in caplog.text) == (lacking == "package")
    with gr.Blocks() as demo:
        gr.Textbox()
    assert not demo.expects_oauth
