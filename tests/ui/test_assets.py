"""The page's style and script: what they are made of, in which order."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from support.server import ROOT

from vae.system import bundle
from vae.system.paths import DESIGN
from vae.ui import assets, launch
from vae.ui.assets import SCRIPTS, STYLES
from vae.ui.device import on_device
from vae.web import pass_phrase

UI = assets.ROOT
LONGEST = 300  # lines
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch)a?\(", re.IGNORECASE)
CALL = re.compile(r"\bspace\.(\w+)")


def on_disk(kind: str) -> list[Path]:
    return sorted(path for path in (ROOT / "vae").rglob(f"*.{kind}"))


def of_the_app(kind: str) -> list[Path]:
    """All but those of a page that a model is kept as."""
    return [path for path in on_disk(kind) if "kept_page" not in path.parts]


def declarations(path: Path) -> list[tuple[str, str]]:
    """The properties of a style sheet and their values, comments left out."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    return re.findall(r"([\w-]+):\s*([^;{}]+);", text)


def called() -> set[str]:
    """What the page's Python calls of the script: in js=, in js_on_load=, and by `drawn(kind)`."""
    names = set()
    for path in (ROOT / "vae" / "ui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            for keyword in node.keywords:
                if keyword.arg in ("js", "js_on_load"):
                    names |= set(CALL.findall(ast.unparse(keyword.value)))
            if ast.unparse(node.func).split(".")[-1] == "drawn" and node.args:
                names.add(ast.literal_eval(node.args[0]))
    return names


def test_every_file_has_its_place_in_the_order() -> None:
    assert sorted(UI / name for name in STYLES) == of_the_app("css")
    later = [ROOT / name for name in bundle.modules_of(ROOT, on_device.PAGE) if name.startswith("vae/")]
    assert sorted([*(UI / name for name in SCRIPTS), *later]) == of_the_app("js")


def test_no_file_is_too_long() -> None:
    for path in (*on_disk("css"), *on_disk("js"), *on_disk("html")):
        assert len(path.read_text("utf-8").splitlines()) <= LONGEST, path.name


def test_page_has_one_style_and_one_script() -> None:
    head = launch.options()["head"]
    assert head == assets.head()
    assert head.count("</style") == head.count("</script") == 1


def test_space_holds_what_python_calls_and_nothing_else() -> None:
    given = [name for names in SCRIPTS.values() for name in names]
    assert sorted(given) == sorted(called())


def test_script_gives_the_page_one_name() -> None:
    text = assets.head().partition("<script>")[2]
    assert re.findall(r"globalThis\.(\w+) =", text) == ["space"]
    assert text.startswith("(() => {\n")


def test_colours_and_sizes_of_type_stand_once() -> None:
    files = [*on_disk("css"), *on_disk("js"), *on_disk("html")]
    for path in files:
        if path != DESIGN:
            text = re.sub(r"color-mix\(in oklab|&#\d+;", "", path.read_text("utf-8"))
            assert not COLOUR.search(text), path.name
    for path in set(on_disk("css")) - {DESIGN}:
        for name, value in declarations(path):
            if name in ("font", "font-size") and value != "0":
                assert not re.match(r"(?:\d+ )?[\d.]+(?:px|rem)", value), f"{path.name}: {name}: {value}"


def test_design_has_every_value_that_is_used_and_uses_every_one() -> None:
    elsewhere = {"--n", "--at", "--beside", "--range_progress", "--font-mono"}  # set on elements, by us and by Gradio
    texts = [path.read_text("utf-8") for path in (*on_disk("css"), *on_disk("js"), pass_phrase.ENTER)]
    texts.append((UI / "theme.py").read_text("utf-8"))
    used = {name for text in texts for name in re.findall(r"var\((--[\w-]+)", text)}
    used |= {name for path in on_disk("js") for name in re.findall(r'"(--[\w-]+)"', path.read_text("utf-8"))}
    used |= {"--fp-low", "--fp-high"}  # whose names are put together
    defined = {name for name, _ in declarations(DESIGN) if name.startswith("--")}
    assert used - elsewhere - {"--fp-"} == defined


def test_both_themes_name_the_same_colours() -> None:
    text = DESIGN.read_text("utf-8")
    light, dark = (
        set(re.findall(r"(--[\w-]+): (?=#|.*rgb)", re.search(rf"^{head} {{(.*?)^}}", text, re.S | re.M)[1]))  # type: ignore[index]
        for head in (":root", r"\.dark")
    )
    assert light == dark != set()


def test_page_before_the_page_has_the_same_colours() -> None:
    text = DESIGN.read_text("utf-8")
    for name in ("--paper", "--accent"):
        values = re.findall(rf"{name}: (#\w+);", text)
        assert len(values) == 2
        assert re.findall(rf"{name}: (#\w+);", pass_phrase.colours()) == values
