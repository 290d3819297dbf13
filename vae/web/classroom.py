"""A server for a class in the room: the address that students type, as a picture for their phones, too."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import suppress

INK, PAPER = "\033[38;5;16m", "\033[48;5;231m"  # black on white, whatever the terminal's own colours are
RESET = "\033[0m"
QUIET_ZONE = 4  # modules around a QR code
_HALVES = " ▀▄█"  # by upper + 2 * lower
EXAMPLE_ADDRESS = "192.0.2.1"  # an address for examples: the system tells the way there, and nothing is sent
INVITATION = """
  Sentence space is open to everybody on this network.

  Students type   {address}
{phrase}{others}
{code}
  To stop, press Ctrl-C. Trainings under way are saved first{kept}.

  If their browsers do not find it:
    - this computer and theirs must be in the same network; guest networks often keep devices apart
    - let Python through the firewall of this computer when it asks, or open port {port} in its settings
    - a hotspot of a phone will do as a network: what students do here needs no internet
"""


def addresses() -> list[str]:
    """The addresses of this computer in its networks, the likeliest first; its own name when it is in none."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):  # it is in no network
        probe.connect((EXAMPLE_ADDRESS, 9))
        found.append(str(probe.getsockname()[0]))
    with suppress(OSError):  # its name stands for nothing
        found += [str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    outside = [address for address in dict.fromkeys(found) if not address.startswith(("127.", "0."))]
    return outside or ["127.0.0.1"]


def invitation(port: int, words: str = "", *, kept: bool = False, colours: bool = True, at: Sequence[str] = ()) -> str:
    """What the teacher's terminal says.

    Args:
        words: the pass phrase, if there is one.
        kept: whether the data folder outlives the server.
        colours: whether the terminal has colours.
        at: the addresses of this computer; by default those that it finds.
    """
    first, *others = [f"http://{address}:{port}" for address in at or addresses()]
    return INVITATION.format(
        address=first,
        port=port,
        phrase=f"  Pass phrase     {words}\n" if words else "",
        others="".join(f"  or perhaps      {other}\n" for other in others),
        code=qr(first, colours=colours),
        kept="" if kept else "; set VAE_DATA to a folder to find them again at the next start",
    )


def qr(text: str, *, colours: bool = True) -> str:
    """A QR code in half blocks, two rows of it a line, dark on light on any terminal that has colours."""
    import segno

    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=QUIET_ZONE)]
    rows += [[0] * len(rows[0])] * (len(rows) % 2)
    dark = 1 if colours else 0  # without colours most terminals write light on dark: then the light parts are drawn
    lines = []
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        blocks = "".join(_HALVES[(a == dark) + 2 * (b == dark)] for a, b in zip(upper, lower, strict=True))
        lines.append(f"    {INK}{PAPER}{blocks}{RESET}" if colours else f"    {blocks}")
    return "\n".join(lines)
