"""The start for a class: what the teacher's terminal says, and what the command line takes."""

from __future__ import annotations

import ipaddress
import subprocess
import sys

import pytest
import segno
from support.server import ROOT

from vae.messages.message import UserError
from vae.server import arguments, serve
from vae.web.classroom import INK, PAPER, QUIET_ZONE, RESET, addresses, invitation, qr


def modules(text: str, dark: str) -> list[list[bool]]:
    """The dark modules of a code in half blocks, as a camera sees them."""
    rows = []
    for line in text.replace(INK, "").replace(PAPER, "").replace(RESET, "").split("\n"):
        halves = [{" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}[c] for c in line[4:]]
        rows += [[half[upper] == (dark == "drawn") for half in halves] for upper in (0, 1)]
    return rows


@pytest.mark.parametrize(("colours", "dark"), [(True, "drawn"), (False, "left")])
def test_code_is_the_address_whatever_the_colours_of_the_terminal(colours: bool, dark: str) -> None:
    text = qr("http://192.168.1.20:7860", colours=colours)
    expected = segno.make("http://192.168.1.20:7860", error="m", micro=False)
    wanted = [[bool(module) for module in row] for row in expected.matrix_iter(border=QUIET_ZONE)]
    assert modules(text, dark)[: len(wanted)] == wanted
    assert all((INK in line and PAPER in line) == colours for line in text.split("\n"))


def test_invitation_says_all_that_a_class_needs() -> None:
    said = invitation(7861, "blue whale", at=["192.168.1.20", "10.0.0.3"], colours=False)
    for part in ("http://192.168.1.20:7861", "or perhaps      http://10.0.0.3:7861", "blue whale", "Ctrl-C", "firewall",
                 "VAE_DATA", qr("http://192.168.1.20:7861", colours=False)):  # fmt: skip
        assert part in said
    quiet = invitation(7861, kept=True, at=["192.168.1.20"])
    assert "Pass phrase" not in quiet
    assert "VAE_DATA" not in quiet


def test_addresses_are_of_this_computer() -> None:
    found = [ipaddress.ip_address(address) for address in addresses()]
    assert found
    assert len(set(found)) == len(found)


def test_help_tells_the_options_and_the_variables() -> None:
    told = subprocess.run(
        [sys.executable, "app.py", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for word in ("--classroom", "--port", "--pass-phrase", "VAE_DATA", "VAE_LOG", "/health"):
        assert word in told


@pytest.mark.parametrize("port", ["0", "70000", "-1", "many", "8000.5"])
def test_impossible_port_is_refused_in_words(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(["--port", port])
    assert "a port is a whole number" in capsys.readouterr().err


def test_start_that_cannot_be_ends_with_a_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "app.py", "--pass-phrase", "abc"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 2
    assert "too short" in done.stderr
    assert "Traceback" not in done.stderr


def test_tools_without_their_package_are_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(UserError, match="pip install"):
        serve(arguments(["--mcp"]))
