"""The documents as a small site: README and docs/, in site/html.

    python -m pip install zensical
    python tests/documents_site.py [--source https://example.org/owner/name/blob/main]

In a repository, documents link to each other and to the code. On the site, the README is the first page, the notebook a
page like the others, and links to code lead to the address of `--source`, or, without one, are plain text. A link to a
page or a heading that is not there ends the build.
"""

from __future__ import annotations

import argparse
import json
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "site"
PICTURES = "assets/screenshots"
_LINK = re.compile(r"(!?)\[([^\]]*(?:\[[^\]]*\][^\]]*)?)\]\((?!https?:)([^)\s#]*)(#[^)\s]*)?\)")


def pages(source: str = "") -> Iterator[tuple[str, str]]:
    """Each page: its name, and its Markdown with the links of the site."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.*"))):
        here = path.relative_to(ROOT).as_posix()
        text = path.read_text("utf-8")
        if path.suffix == ".ipynb":
            text = _notebook(text)
        text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)  # what a Space is told
        yield _page(here), _LINK.sub(lambda link, here=here: _link(link, here, source), text)


def _page(path: str) -> str:
    """The name of the page that is made of a file of the repository; nothing if none is."""
    if path == "README.md":
        return "index.md"
    folder, name = posixpath.split(path)
    return re.sub(r"\.ipynb$", ".md", name) if folder == "docs" else ""


def _link(link: re.Match[str], here: str, source: str) -> str:
    picture, text, target, heading = link[1], link[2], link[3], link[4] or ""
    text = _LINK.sub(lambda inner: _link(inner, here, source), text)  # a picture may be a link
    path = posixpath.normpath(posixpath.join(posixpath.dirname(here), target)) if target else here
    found = path if picture else _page(path)
    if found:
        return f"{picture}[{text}]({found}{heading})"
    return f"[{text}]({source}/{path}{heading})" if source else text


def _notebook(text: str) -> str:
    """Its cells as Markdown."""
    cells = ((cell["cell_type"], "".join(cell["source"])) for cell in json.loads(text)["cells"])
    return "\n\n".join(f"```python\n{words}\n```" if kind == "code" else words for kind, words in cells) + "\n"


def main(source: str) -> int:
    """Write the pages, and let zensical make the site of them; its exit status."""
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.copytree(ROOT / PICTURES, SITE / "source" / PICTURES)
    for name, text in pages(source):
        (SITE / "source" / name).write_text(text, "utf-8", newline="\n")
    return subprocess.call([sys.executable, "-m", "zensical", "build", "--clean", "--strict"], cwd=ROOT)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", default="", metavar="URL", help="where the repository's files are seen")
    sys.exit(main(parser.parse_args().source.rstrip("/")))
