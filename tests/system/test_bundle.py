"""Modules of ours as one script: what the bundler joins, and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from vae.system import bundle
from vae.system.bundle import BundleError


def test_comments_that_have_lines_of_their_own_are_left_out_and_nothing_else() -> None:
    text = (
        "/* one */\n\n/**\n * two\n * // three\n */\n  // four\nconst a = 1; // five\n"
        'const url = "https://here/*";\nconst r = /\\/\\*x\\*\\//;\n/* six */ const b = 2; /* seven */\n'
    )
    assert bundle.without_comments(text) == (
        'const a = 1; // five\nconst url = "https://here/*";\nconst r = /\\/\\*x\\*\\//;\n'
        "/* six */ const b = 2; /* seven */\n"
    )


def joined(folder: Path, files: Mapping[str, str], called: Mapping[str, Sequence[str]] | None = None) -> str:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return bundle.script(folder, {name: (called or {}).get(name, ()) for name in files})


def test_modules_become_one_script(tmp_path: Path) -> None:
    files = {
        "a/one.js": "/** One. */\nexport const one = 1;\nexport function two() {\n  return 2;\n}\n",
        "b/three.js": (
            'import { one, two } from "../a/one.js";\n\nexport async function three() {\n  return one + two();\n}\n'
        ),
    }
    assert joined(tmp_path, files, {"a/one.js": ["two"], "b/three.js": ["three"]}) == (
        '(() => {\n"use strict";\nconst one = 1;\nfunction two() {\n  return 2;\n}\n'
        "async function three() {\n  return one + two();\n}\nglobalThis.space = { two, three };\n})();\n"
    )


def test_modules_are_found_by_their_imports_and_put_in_order(tmp_path: Path) -> None:
    files = {"a.js": "", "b/c.js": 'import { a } from "../a.js";\n', "d.js": 'import { c } from "./b/c.js";\n'}
    files["e.js"] = 'import { a } from "./a.js";\nimport { d } from "./d.js";\n'
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert bundle.modules_of(tmp_path, "e.js") == ["a.js", "b/c.js", "d.js", "e.js"]
    assert bundle.modules_of(tmp_path, "b/c.js", "a.js") == ["a.js", "b/c.js"]
    (tmp_path / "a.js").write_text('import { d } from "./d.js";\n')
    with pytest.raises(BundleError, match="from each other"):
        bundle.modules_of(tmp_path, "e.js")


REFUSED = {
    "from one that comes later": (
        {"a.js": 'import { b } from "./b.js";\n', "b.js": "export const b = 1;\n"},
        "not above",
    ),
    "from one that is not listed": ({"a.js": 'import { b } from "./b.js";\n'}, "not above"),
    "what is not exported": ({"b.js": "const b = 1;\n", "a.js": 'import { b } from "./b.js";\n'}, "imports b"),
    "the same name twice": ({"a.js": "const a = 1;\n", "b.js": "function a() {}\n"}, "both name something a"),
    "one of a list twice": ({"a.js": "const [a, b] = [1, 2];\n", "b.js": "class b {}\n"}, "both name something b"),
    "import of another name": ({"a.js": "export const a = 1;\n", "b.js": 'import { a as b } from "./a.js";\n'}, "form"),
    "import of all": ({"a.js": "export const a = 1;\n", "b.js": 'import * as a from "./a.js";\n'}, "form"),
    "import of one that only does": ({"a.js": "", "b.js": 'import "./a.js";\n'}, "form"),
    "import over lines": ({"a.js": "export const a = 1;\n", "b.js": 'import {\n  a,\n} from "./a.js";\n'}, "form"),
    "import at a later time": ({"a.js": "", "b.js": 'const b = import("./a.js");\n'}, "form"),
    "export of what there is": ({"a.js": "const a = 1;\nexport { a };\n"}, "form"),
    "export without a name": ({"a.js": "export default 1;\n"}, "form"),
    "a declaration that is taken apart": ({"a.js": "const { a } = window;\n"}, "form"),
    "var": ({"a.js": "var a = 1;\n"}, "form"),
    "a text over lines": ({"a.js": "const a = `\n// not a comment\n`;\n"}, "several lines"),
}


@pytest.mark.parametrize(("files", "why"), REFUSED.values(), ids=list(REFUSED))
def test_bundler_refuses(files: dict[str, str], why: str, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=why):
        joined(tmp_path, files)


def test_bundler_refuses_to_give_the_page_what_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"a\.js exports no b"):
        joined(tmp_path, {"a.js": "export const a = 1;\nconst b = 2;\n"}, {"a.js": ["b"]})
