"""Where the files lie that come with the program."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
_INSTALLED = PACKAGE / "assets"  # where a wheel brings them
ASSETS = _INSTALLED if _INSTALLED.is_dir() else PACKAGE.parent / "assets"
DESIGN = PACKAGE / "ui" / "components" / "design.css"  # the colours of the page, and of whatever is shown before it
