"""A class may have a pass phrase: whoever has not said it gets a small page that asks for it, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import html
import math
import os
import re
import secrets
import time
import unicodedata
from collections import OrderedDict, deque
from pathlib import Path
from urllib.parse import parse_qs, unquote_to_bytes

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vae.system import log
from vae.system.paths import DESIGN
from vae.web import session_isolation

ENTER = Path(__file__).with_name("enter.html")
VARIABLE = "VAE_PASS_PHRASE"
HEADER = b"x-pass-phrase"  # of clients that are no browsers; what is not ASCII is percent-encoded
COOKIE = "sentence-space-class"
KNOCK = "sentence-space-knock"  # comes with the form, and comes back with it from a browser that keeps cookies
SHORTEST = 8  # characters
VALID = 30 * 86_400  # seconds for which a browser need not be asked again
KNOCKED = 86_400  # seconds for which a form that was opened can be sent
TRIES = 60  # wrong ones of an address in a minute: a class has one
ALL_TRIES = 300  # of everybody; and of an address from which somebody came in lately
MINUTE, LATELY = 60.0, 3600.0
MAX_ADDRESSES = 10_000
MAX_FORM = 4_096  # bytes
NO_COOKIES = (
    "These are the right words, but this browser keeps no cookies for this page, so it would ask again and again. "
    "Allow cookies for it, or open it in a tab of its own, and come in again."
)
WRONG = "This is not the pass phrase. Capitals and extra spaces do not matter."
TOO_MANY = "Too many wrong tries from here. Wait a minute, then try again."
_THEN = re.compile(r"[\w=&.~-]{0,200}", re.ASCII)


def secret_of(data: Path | None) -> bytes:
    """The key that cookies are signed with: kept in the data folder, so that a restart asks nobody again."""
    if data is None:
        return secrets.token_bytes(32)
    path = data / "secret"
    data.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    key = path.read_bytes()
    return key if len(key) == 32 else hashlib.sha256(key + secrets.token_bytes(32)).digest()


def plain(words: str) -> bytes:
    """A pass phrase without what is easily mistyped: capitals, ways to write the same character, spaces."""
    return " ".join(unicodedata.normalize("NFKC", words).casefold().split()).encode("utf-8", "replace")


def checked(words: str) -> str:
    """A pass phrase that is long enough. Raises ValueError."""
    if len(plain(words)) < SHORTEST:
        raise ValueError(f"The pass phrase is too short: at least {SHORTEST} letters, better a few words.")
    return words


class Tries:
    """Counts wrong tries: at most so many a minute of one address, and of all together.

    Where somebody said the right words lately, the tries of others elsewhere keep nobody out.
    """

    def __init__(self) -> None:
        self._of: OrderedDict[str, deque[float]] = OrderedDict()
        self._let_in: OrderedDict[str, float] = OrderedDict()  # when last, by address

    def left(self, address: str) -> bool:
        """Whether another try is heard."""
        now = time.monotonic()
        return all(
            len(times) < most or now - times[-most] > MINUTE
            for name, most in self._bounds(address)
            if (times := self._of.get(name))
        )

    def _bounds(self, address: str) -> tuple[tuple[str, int], ...]:
        if time.monotonic() - self._let_in.get(address, -math.inf) < LATELY:
            return ((address, ALL_TRIES),)
        return (address, TRIES), ("", ALL_TRIES)

    def right(self, address: str) -> None:
        """Somebody came in."""
        self._let_in[address] = time.monotonic()
        self._let_in.move_to_end(address)
        while len(self._let_in) > MAX_ADDRESSES:
            self._let_in.popitem(last=False)

    def wrong(self, address: str) -> None:
        """There was a wrong one."""
        for name, _ in self._bounds(address):
            self._of.setdefault(name, deque(maxlen=ALL_TRIES)).append(time.monotonic())
            self._of.move_to_end(name)
        while len(self._of) > MAX_ADDRESSES:
            self._of.popitem(last=False)


class PassPhraseGate:
    """ASGI: lets through who has the signed cookie or says the phrase in a header.

    Args:
        words: the pass phrase.
        key: that cookies are signed with.
    """

    def __init__(self, app: ASGIApp, words: str, key: bytes, title: str) -> None:
        self.app = app
        self._words = hashlib.sha256(plain(words)).digest()
        self._key = key
        self._title = title
        self._tries = Tries()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (answer := await self._refusal(scope, receive)):
            await answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _refusal(self, scope: Scope, receive: Receive) -> Response | None:
        path, method = scope["path"], scope["method"]
        if path == "/enter":
            return await self._enter(scope, receive)
        if path == "/gradio_api/startup-events" or self._known(session_isolation.shown(COOKIE, scope)):
            return None  # the former is the server's own question whether it is up
        said = dict(scope["headers"]).get(HEADER)
        if said is not None and (refused := self._heard(scope, unquote_to_bytes(said).decode("utf-8", "replace"))):
            return JSONResponse({"detail": refused}, 429 if refused == TOO_MANY else 401)
        if said is not None:
            return None
        if path == "/" and method in ("GET", "HEAD"):
            return self._page(scope, "", scope.get("query_string", b"").decode("latin-1"), 200)
        return JSONResponse({"detail": "This class has a pass phrase. Open the page and enter it."}, 401)

    async def _enter(self, scope: Scope, receive: Receive) -> Response:
        body, more = b"", True
        while more and len(body) <= MAX_FORM:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        form = parse_qs(body[:MAX_FORM].decode("utf-8", "replace"), max_num_fields=8) if body.count(b"&") < 8 else {}
        then = form.get("then", [""])[0]
        refused = self._heard(scope, form.get("words", [""])[0])
        if refused:
            return self._page(scope, refused, then, 429 if refused == TOO_MANY else 403)
        if not session_isolation.shown(KNOCK, scope):
            return self._page(scope, NO_COOKIES, then, 400)
        answer = RedirectResponse(f"./?{then}" if then and _THEN.fullmatch(then) else "./", 303)
        answer.headers["set-cookie"] = session_isolation.cookie(COOKIE, self._signed(int(time.time())), scope, VALID)
        return answer

    def _heard(self, scope: Scope, words: str) -> str:
        """Why the words do not open, or nothing when they do. A wrong try counts."""
        address = session_isolation.address(scope)
        if not self._tries.left(address):
            return TOO_MANY
        if hmac.compare_digest(hashlib.sha256(plain(words)).digest(), self._words):
            self._tries.right(address)
            return ""
        self._tries.wrong(address)
        log.event("pass phrase wrong")
        return WRONG

    def _signed(self, issued: int) -> str:
        signature = hmac.new(self._key, self._words + str(issued).encode(), "sha256").hexdigest()
        return f"{issued}.{signature}"

    def _known(self, value: str) -> bool:
        issued, _, _ = value.partition(".")
        if not (issued.isascii() and issued.isdigit() and len(issued) < 13):
            return False
        signed = self._signed(int(issued))
        return time.time() - int(issued) < VALID and hmac.compare_digest(value.encode(), signed.encode())

    def _page(self, scope: Scope, message: str, then: str, status: int) -> Response:
        about = ' aria-invalid="true" aria-describedby="wrong"' if message else ""
        parts = {
            "TITLE": html.escape(self._title),
            "COLOURS": colours(),
            "ABOUT": about,
            "MESSAGE": f'<p role="alert" id="wrong">{html.escape(message)}</p>' if message else "",
            "THEN": then if _THEN.fullmatch(then) else "",
        }
        text = re.sub("|".join(parts), lambda found: parts[found[0]], ENTER.read_text("utf-8"))
        knock = session_isolation.cookie(KNOCK, "1", scope, KNOCKED)
        return HTMLResponse(text, status, {"cache-control": "no-store", "set-cookie": knock})


def colours() -> str:
    """The two themes of the page, as the browser prefers them."""
    style = DESIGN.read_text("utf-8")
    light, dark = (re.search(rf"^{name} {{(.*?)}}", style, re.DOTALL | re.MULTILINE) for name in (":root", r"\.dark"))
    assert light is not None
    assert dark is not None
    return f":root {{{light[1]}}}\n@media (prefers-color-scheme: dark) {{ :root {{{dark[1]}}} }}"
