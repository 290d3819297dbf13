"""The page as a Space shows it: in another site's frame, third-party cookies blocked, behind a proxy under a path."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from support.proxy import proxied
from support.server import running_app
from support.visits import TOKEN, new_context


def settle(page: Page, address: str) -> list[str]:
    """Open the framed page, draw samples in it; the tokens that it said meanwhile, in order."""
    said: list[str] = []
    page.on("request", lambda request: said.extend(TOKEN.findall(request.post_data or "")[:1]))
    page.goto(address)
    framed = page.frame_locator("iframe")
    framed.get_by_role("tab", name="Sample").click()
    framed.get_by_role("button", name="Sample").click()
    expect(framed.locator("#samples .sentence").first).to_be_visible()
    return said


def test_visit_outlasts_a_reload_in_a_frame_with_third_party_cookies_blocked(
    browser: Browser, tmp_path: Path, model_path: Path
) -> None:
    environment = {"GRADIO_ROOT_PATH": "/class", "VAE_MODEL": str(model_path)}
    with running_app(tmp_path, environment) as url, proxied(url, "/class", frame=True) as address:
        context = new_context(browser)
        page = context.new_page()
        controls = {"disableThirdPartyCookieMetadata": True, "disableThirdPartyCookieHeuristics": True}
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setCookieControls", {"enableThirdPartyCookieRestriction": True, **controls})
        before = settle(page, address)
        page.frames[-1].evaluate("document.cookie = 'third=1; SameSite=None; Secure'")
        ours = {(cookie["name"], cookie.get("partitionKey")) for cookie in context.cookies()}
        after = settle(page, address)
        context.close()
    assert ours == {("__Host-sentence-space", "http://localhost")}  # and no cookie that other sites could read
    assert len(set(before)) == 1
    assert set(after) == set(before)
