"""A small stand-in of the accounts of the Hugging Face Hub: its OpenID provider, as far as one sign-in asks for it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlencode, urlsplit

from support.listening import listening

CLIENT, SECRET, KEY = "the-space", "secret-of-the-space", b"of the provider, at least 32 bytes"
TOKEN = "hf_oauth_of-who-signed-in"


@dataclass
class Accounts:
    """Whoever comes to sign in is ada, and agrees, or says no."""

    url: str = ""
    agrees: bool = True
    well: bool = True  # else no code is taken
    scope: str = "openid profile contribute-repos"  # that a token is given for
    asked: list[str] = field(default_factory=list)  # scopes that a Space asked for
    nonces: dict[str, str] = field(default_factory=dict)  # by code

    def environment(self) -> dict[str, str]:
        """What a Space with this provider finds in its environment."""
        space = {"SYSTEM": "spaces", "SPACE_ID": "ada/space", "OAUTH_SCOPES": "openid profile contribute-repos"}
        return {
            **space,
            "OAUTH_CLIENT_ID": CLIENT,
            "OAUTH_CLIENT_SECRET": SECRET,
            "OPENID_PROVIDER_URL": self.url,
        }


def _packed(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _id_token(accounts: Accounts, nonce: str) -> str:
    now = int(time.time())
    claims = {
        "iss": accounts.url, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 3600, "nonce": nonce, "name": "Ada",
        "preferred_username": "ada", "profile": f"{accounts.url}/ada", "picture": f"{accounts.url}/ada.png",
    }  # fmt: skip
    signed = ".".join(_packed(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "1"}, claims))
    return f"{signed}.{_packed(hmac.digest(KEY, signed.encode(), hashlib.sha256))}"


def handler(accounts: Accounts) -> type[BaseHTTPRequestHandler]:
    """Answers for `accounts`."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, value: object, status: int = 200, **headers: str) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            for name, content in {"content-type": "application/json", **headers}.items():
                self.send_header(name, content)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/.well-known/openid-configuration":
                ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
                at = {name: f"{accounts.url}/oauth/{end}" for name, end in ends.items()}
                self._answer({"issuer": accounts.url, "id_token_signing_alg_values_supported": ["HS256"], **at})
            elif parts.path == "/oauth/keys":
                self._answer({"keys": [{"kty": "oct", "kid": "1", "k": _packed(KEY)}]})
            elif parts.path == "/oauth/authorize" and asked["client_id"] == CLIENT:
                accounts.asked.append(asked["scope"])
                code = f"code-{len(accounts.asked)}"
                accounts.nonces[code] = asked.get("nonce", "")
                said = {"code": code} if accounts.agrees else {"error": "access_denied"}
                back = f"{asked['redirect_uri']}&{urlencode({**said, 'state': asked['state']})}"
                self._answer(None, 302, location=back)
            else:
                self._answer({"error": "not there"}, 404)

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            nonce = accounts.nonces.pop(form.get("code", [""])[0], None)
            if self.headers["authorization"] != f"Basic {known}" or nonce is None or not accounts.well:
                self._answer({"error": "invalid_grant", "error_description": f"nothing for {TOKEN}"}, 400)
                return
            token = {"access_token": TOKEN, "token_type": "bearer", "expires_in": 28_800, "scope": accounts.scope}
            self._answer({**token, "id_token": _id_token(accounts, nonce)})

    return Handler


@contextmanager
def accounts_standing_in() -> Iterator[Accounts]:
    """A stand-in that runs."""
    accounts = Accounts()
    with listening(handler(accounts)) as accounts.url:
        yield accounts
