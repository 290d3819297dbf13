"""The notes of a release: what CHANGELOG.md says of a version.

`python tests/release_notes.py 0.2.0` prints them; without a version, what is not released yet.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

CHANGELOG = Path(__file__).resolve().parents[1] / "CHANGELOG.md"


def notes(changelog: str, version: str) -> str:
    """The text under a version's heading, which may also tell its date. Raises KeyError: there is no such version."""
    parts = re.split(r"^## +([\w.]+).*\n", changelog, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[version].strip()


if __name__ == "__main__":
    version = sys.argv[1] if len(sys.argv) > 1 else "Unreleased"
    try:
        print(notes(CHANGELOG.read_text("utf-8"), version))
    except KeyError:
        sys.exit(f"{CHANGELOG.name} has no version {version}")
