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

from vae.messages.message import Message, UserError
from vae.system import log
from vae.system.paths import DESIGN
from vae.web.cookies import client_address, cookie_header, own_cookie

ENTER = Path(__file__).with_name("enter.html")
VARIABLE = "VAE_PASS_PHRASE"
HEADER = b"x-pass-phrase"  # of clients that are no browsers; what is not ASCII is percent-encoded
COOKIE = "sentence-space-class"
FORM_COOKIE = "sentence-space-knock"  # comes with the form, and comes back with it from a browser that keeps cookies
MIN_LENGTH = 8  # characters
VALID = 30 * 86_400  # seconds for which a browser need not be asked again
FORM_VALID = 86_400  # seconds for which a form that was opened can be sent
MAX_WRONG = 60  # wrong ones of an address in a minute: a class has one
MAX_WRONG_OF_ALL = 300  # of everybody; and of an address from which somebody came in lately
MINUTE, TRUSTED_FOR = 60.0, 3600.0
MAX_ADDRESSES = 10_000
MAX_FORM = 4_096  # bytes
NO_COOKIES = Message("web.no_cookies")
WRONG = Message("web.wrong_pass_phrase")
TOO_MANY = Message("web.too_many_wrong")
_QUERY = re.compile(r"[\w=&.~-]{0,200}", re.ASCII)


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


def normalized(words: str) -> bytes:
    """A pass phrase without what is easily mistyped: capitals, ways to write the same character, spaces."""
    return " ".join(unicodedata.normalize("NFKC", words).casefold().split()).encode("utf-8", "replace")


def checked(words: str) -> str:
    """A pass phrase that is long enough. Raises UserError."""
    if len(normalized(words)) < MIN_LENGTH:
        raise UserError(Message("web.pass_phrase_too_short", least=MIN_LENGTH))
    return words


class WrongTries:
    """Counts wrong tries: at most so many a minute of one address, and of all together.

    Where somebody said the right words lately, the tries of others elsewhere keep nobody out.
    """

    def __init__(self) -> None:
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._last_entry: OrderedDict[str, float] = OrderedDict()  # when somebody last came in, by address

    def allows(self, address: str) -> bool:
        """Whether another try is answered."""
        now = time.monotonic()
        return all(
            len(times) < most or now - times[-most] > MINUTE
            for name, most in self._bounds(address)
            if (times := self._times.get(name))
        )

    def _bounds(self, address: str) -> tuple[tuple[str, int], ...]:
        if time.monotonic() - self._last_entry.get(address, -math.inf) < TRUSTED_FOR:
            return ((address, MAX_WRONG_OF_ALL),)
        return (address, MAX_WRONG), ("", MAX_WRONG_OF_ALL)

    def note_entry(self, address: str) -> None:
        """Somebody came in."""
        self._last_entry[address] = time.monotonic()
        self._last_entry.move_to_end(address)
        while len(self._last_entry) > MAX_ADDRESSES:
            self._last_entry.popitem(last=False)

    def note_wrong(self, address: str) -> None:
        """There was a wrong one."""
        for name, _ in self._bounds(address):
            self._times.setdefault(name, deque(maxlen=MAX_WRONG_OF_ALL)).append(time.monotonic())
            self._times.move_to_end(name)
        while len(self._times) > MAX_ADDRESSES:
            self._times.popitem(last=False)


class PassPhraseGate:
    """ASGI: lets through who has the signed cookie or says the phrase in a header.

    Args:
        words: the pass phrase.
        key: that cookies are signed with.
    """

    def __init__(self, app: ASGIApp, words: str, key: bytes, title: str) -> None:
        self.app = app
        self._words = hashlib.sha256(normalized(words)).digest()
        self._key = key
        self._title = title
        self._wrong_tries = WrongTries()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (answer := await self._refusal(scope, receive)):
            await answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _refusal(self, scope: Scope, receive: Receive) -> Response | None:
        path, method = scope["path"], scope["method"]
        if path == "/enter":
            return await self._enter(scope, receive)
        if path == "/gradio_api/startup-events" or self._is_valid(own_cookie(COOKIE, scope)):
            return None  # the former is the server's own question whether it is up
        given = dict(scope["headers"]).get(HEADER)
        if given is not None:
            refused = self._check(scope, unquote_to_bytes(given).decode("utf-8", "replace"))
            status = 429 if refused == TOO_MANY else 401
            return JSONResponse({"detail": str(refused)}, status) if refused else None
        if path == "/" and method in ("GET", "HEAD"):
            return self._page(scope, None, scope.get("query_string", b"").decode("latin-1"), 200)
        return JSONResponse({"detail": str(Message("web.pass_phrase_needed"))}, 401)

    async def _enter(self, scope: Scope, receive: Receive) -> Response:
        body, more = b"", True
        while more and len(body) <= MAX_FORM:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        form = parse_qs(body[:MAX_FORM].decode("utf-8", "replace"), max_num_fields=8) if body.count(b"&") < 8 else {}
        then = form.get("then", [""])[0]
        refused = self._check(scope, form.get("words", [""])[0])
        if refused:
            return self._page(scope, refused, then, 429 if refused == TOO_MANY else 403)
        if not own_cookie(FORM_COOKIE, scope):
            return self._page(scope, NO_COOKIES, then, 400)
        answer = RedirectResponse(f"./?{then}" if then and _QUERY.fullmatch(then) else "./", 303)
        answer.headers["set-cookie"] = cookie_header(COOKIE, self._signed(int(time.time())), scope, VALID)
        return answer

    def _check(self, scope: Scope, words: str) -> Message | None:
        """Why the words do not open, or None when they do. A wrong try counts."""
        address = client_address(scope)
        if not self._wrong_tries.allows(address):
            return TOO_MANY
        if hmac.compare_digest(hashlib.sha256(normalized(words)).digest(), self._words):
            self._wrong_tries.note_entry(address)
            return None
        self._wrong_tries.note_wrong(address)
        log.event("pass phrase wrong")
        return WRONG

    def _signed(self, issued: int) -> str:
        signature = hmac.new(self._key, self._words + str(issued).encode(), "sha256").hexdigest()
        return f"{issued}.{signature}"

    def _is_valid(self, value: str) -> bool:
        issued, _, _ = value.partition(".")
        if not (issued.isascii() and issued.isdigit() and len(issued) < 13):
            return False
        signed = self._signed(int(issued))
        return time.time() - int(issued) < VALID and hmac.compare_digest(value.encode(), signed.encode())

    def _page(self, scope: Scope, message: Message | None, then: str, status: int) -> Response:
        about = ' aria-invalid="true" aria-describedby="wrong"' if message else ""
        parts = {
            "TITLE": html.escape(self._title),
            "COLOURS": colours(),
            "ABOUT": about,
            "MESSAGE": f'<p role="alert" id="wrong">{html.escape(str(message))}</p>' if message else "",
            "THEN": then if _QUERY.fullmatch(then) else "",
        }
        text = re.sub("|".join(parts), lambda found: parts[found[0]], ENTER.read_text("utf-8"))
        form_cookie = cookie_header(FORM_COOKIE, "1", scope, FORM_VALID)
        return HTMLResponse(text, status, {"cache-control": "no-store", "set-cookie": form_cookie})


def colours() -> str:
    """The two themes of the page, as the browser prefers them."""
    style = DESIGN.read_text("utf-8")
    light, dark = (re.search(rf"^{name} {{(.*?)}}", style, re.DOTALL | re.MULTILINE) for name in (":root", r"\.dark"))
    assert light is not None
    assert dark is not None
    return f":root {{{light[1]}}}\n@media (prefers-color-scheme: dark) {{ :root {{{dark[1]}}} }}"
