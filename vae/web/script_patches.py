"""Where Gradio's scripts in the browser do otherwise than this page needs it: each change of them, with its reason.

A change goes when Gradio no longer needs it, and no longer fits when Gradio's script is another:
tests/web/test_script_patches.py tells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from vae.web.security_headers import rewrite

BLOCKS = re.compile(r"/assets/Blocks-[\w-]+\.js")
CLIENT = re.compile(r"/assets/index-[\w-]+\.js")


@dataclass(frozen=True, slots=True)
class ScriptPatch:
    """What stands once in one of Gradio's scripts and what comes in its place, why, and the version that was seen."""

    reason: str
    seen_with: str
    path: re.Pattern[str]
    old: bytes
    new: bytes


SCRIPT_PATCHES = (
    ScriptPatch(
        "At each news of any event it copies, for every component that an event ever had to do with, all that this and "
        "what lies in it hold, to tell them a status that this page tells in its own words: half of the time that a "
        "page's own thread is at work.",
        "6.31.0",
        BLOCKS,
        b"async update_loading_stati_state(){",
        b"async update_loading_stati_state(){return;",
    ),
    ScriptPatch(
        "What is asked of an event's listener while that is at work is put off, and the whole event was repeated then. "
        "Where several listeners were at work each repeated the others: dozens of requests a second, without an end. "
        "Now the one listener is asked again.",
        "6.31.0",
        BLOCKS,
        b"if(r){this.cancel(r.cancels);let t=Ze(",
        b"if(r){e={type:`fn`,fn_index:r.id,event_data:e.event_data,target_id:e.target_id};"
        b"this.cancel(r.cancels);let t=Ze(",
    ),
    ScriptPatch(
        "The server ends the stream of answers when all are told. What is asked before the browser hears of it counts "
        "on a stream that is gone, and would never be answered. Nor is the ended stream broken off: on the server that "
        "would drop what has been asked meanwhile. The look at who still waits comes after the last answer's handler.",
        "6.31.0",
        CLIENT,
        b"if(s.msg===`close_stream`){wt(r,o.abort_controller);return}",
        b"if(s.msg===`close_stream`){r.open=!1,setTimeout(()=>{r.open||!Object.keys(e).length||o.open_stream()});return}",
    ),
    ScriptPatch(
        "An event whose answer came before its number would count as waiting for ever: it is noted first, then told.",
        "6.31.0",
        CLIENT,
        b"E in g&&(g[E].forEach(e=>t(e)),delete g[E]),v[E]=t,y.add(E),h.open||await this.open_stream()",
        b"v[E]=t,E in g&&(g[E].forEach(e=>t(e)),delete g[E]),!(E in v)||h.open||await this.open_stream()",
    ),
    ScriptPatch(
        "News of an event tell what is different from those before, and were worked into these themselves, also where "
        "these had come but were not shown yet. What only they said was lost: a button that never came, say.",
        "6.31.0",
        CLIENT,
        b"function Et(e,t){return t.forEach(",
        b"function Et(e,t){return t.length&&(e=structuredClone(e)),t.forEach(",
    ),
)


class PatchedScripts:
    """ASGI middleware: Gradio's scripts as SCRIPT_PATCHES change them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        patches = [patch for patch in SCRIPT_PATCHES if patch.path.fullmatch(path)]
        app = rewrite(self.app, partial(_patched, patches), lambda headers: None) if patches else self.app
        await app(scope, receive, send)


def _patched(patches: list[ScriptPatch], script: bytes) -> bytes:
    for patch in patches:
        script = script.replace(patch.old, patch.new)
    return script
