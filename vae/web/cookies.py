"""Cookies of ours, and where a request came from."""

from __future__ import annotations

from starlette.types import Scope

AGE = 400 * 86_400  # seconds, as long as browsers keep one


def is_secure(scope: Scope) -> bool:
    """Whether the browser speaks https, as far as the server or the proxy before it can tell."""
    forwarded = dict(scope["headers"]).get(b"x-forwarded-proto", b"")
    return bool(scope.get("scheme") == "https" or forwarded.split(b",")[0].strip() == b"https")


def cookies(scope: Scope) -> dict[str, str]:
    """The cookies of a request."""
    headers = (value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie")
    pairs = (pair.partition("=") for header in headers for pair in header.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def cookie_header(name: str, value: str, scope: Scope, age: int = AGE) -> str:
    """A Set-Cookie header; under https also for a page in the frame of another site, as in a Space."""
    if is_secure(scope):
        return f"__Host-{name}={value}; Path=/; Max-Age={age}; HttpOnly; Secure; SameSite=None; Partitioned"
    return f"{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax"


def own_cookie(name: str, scope: Scope) -> str:
    """The value of one of our cookies in a request, or nothing."""
    return cookies(scope).get(f"__Host-{name}" if is_secure(scope) else name, "")


def client_address(scope: Scope) -> str:
    """Where a request came from."""
    client = scope.get("client")
    return str(client[0]) if client else ""
