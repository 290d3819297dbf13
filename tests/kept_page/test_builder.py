"""A model as a page: what stands in it, what its policy allows, and that it is read back as the same model."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.server import ROOT

from vae.kept_page import sources
from vae.kept_page.builder import Keepsake, build
from vae.kept_page.space import build_space
from vae.messages.message import UserError
from vae.model.checkpoint import Checkpoint, CheckpointError, Info, load, loads
from vae.model.page_file import BEGIN, END, is_page, model_in
from vae.text.corpus import Corpus

MODELS = ROOT / "tests" / "fixtures" / "models"
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\"&[[data]]\n---\nsdk: gradio\n`x` {{y}} <!--"


def keepsake(family: str = "vae", **info: object) -> Keepsake:
    file = MODELS / f"format-3-{family}.safetensors"
    known = load(file)
    named: Info = replace(known.info, **info)  # type: ignore[arg-type]
    return Keepsake(replace(known, info=named), file.read_bytes(), day=date(2026, 11, 30))


class Outline(HTMLParser):
    """The elements of a page, and the text in each script and style."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = [("", {})]
        self.texts: list[tuple[str, str | None, str]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.elements[-1]
        if self.cdata_elem == tag:  # within a script or a style
            self.texts.append((tag, attributes.get("type"), data))

    def text(self, tag: str, kind: str | None = None) -> str:
        return "".join(data for *which, data in self.texts if which == [tag, kind])


@pytest.mark.parametrize("family", ["vae", "lm", "aae"])
def test_page_is_read_back_as_the_same_model_and_hardly_larger(family: str) -> None:
    kept = keepsake(family)
    page = build(kept)
    assert page == build(kept)
    assert is_page(page)
    assert not is_page(kept.file)
    assert model_in(page) == kept.file
    assert loads(page).info == loads(kept.file).info
    assert len(page) < 1.4 * len(kept.file) + 150_000


def test_page_tells_what_it_is() -> None:
    kept = keepsake(attribution="Sentences of somebody, CC-BY 4.0")
    page = build(kept).decode()
    told = (kept.name, kept.known.info.verdict, "Sentences of somebody, CC-BY 4.0", "MIT licence", "30 November 2026")
    assert [words for words in told if words not in page] == []
    for term, _ in kept.facts:
        assert f"<dt>{term}</dt>" in page


def test_policy_lets_the_pages_own_script_and_style_count_and_fetches_nothing() -> None:
    outline = Outline(build(keepsake()))
    (content,) = (each["content"] for tag, each in outline.elements if each.get("http-equiv"))
    policy = dict(part.split(" ", 1) for part in str(content).split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    for directive, tag in (("script-src", "script"), ("style-src", "style")):
        digest = base64.b64encode(hashlib.sha256(outline.text(tag).encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy[directive]
    assert not re.search(r"unsafe-inline|'unsafe-eval'|https?:|\*", str(content))
    order = [tag for tag, each in outline.elements if tag in ("script", "style") or each.get("http-equiv")]
    assert order[0] == "meta"  # it counts for what comes after it
    asked = [each for _, each in outline.elements if {"src", "srcset", "action", "data-src"} & set(each)]
    assert asked == []
    links = [each["href"] for _, each in outline.elements if "href" in each]
    assert [link for link in links if not str(link).startswith("data:")] == []


def test_names_of_strangers_are_text() -> None:
    plain = Outline(build(keepsake()))
    kept = keepsake(name=HOSTILE, trained_on=HOSTILE, attribution=HOSTILE, verdict=HOSTILE)
    page = build(replace(kept, examples=[(HOSTILE, HOSTILE)]))
    outline = Outline(page)
    kinds = [tag for tag, _ in plain.elements]
    assert sorted(set(kinds)) == sorted({tag for tag, _ in outline.elements})
    assert kinds.count("script") == sum(tag == "script" for tag, _ in outline.elements)
    assert not any(name.startswith("on") for _, each in outline.elements for name in each)
    data = json.loads(outline.text("script", "application/json"))
    assert data["examples"] == [[HOSTILE, HOSTILE]]
    assert re.fullmatch(r"[a-z0-9-]+\.safetensors", data["file"])
    assert outline.text("script") == plain.text("script")
    assert model_in(page) == kept.file


def test_no_sentence_of_the_text_is_put_in_unless_it_is_asked_for(
    checkpoint: Checkpoint, model_path: Path, corpus: Corpus
) -> None:
    kept = Keepsake(checkpoint, model_path.read_bytes())
    sentences = corpus.sentences
    page = build(kept).decode()
    assert [sentence for sentence in sentences if sentence in page] == []
    assert "None of the sentences" in page
    pairs = [(sentences[0], sentences[1])] * 9
    page = build(replace(kept, examples=pairs)).decode()
    assert page.count(sentences[0]) == 5
    assert "5 pairs of sentences" in page


GOOD = BEGIN + base64.b64encode((MODELS / "format-3-vae.safetensors").read_bytes()) + END
PAGES = {
    "no model": (b"<!doctype html><p>Hello", "no page that a model was kept as"),
    "two models": (b"<!doctype html>" + GOOD + GOOD, "more than one"),
    "cut off": (b"<!doctype html>" + GOOD[:2000], "damaged"),
    "a letter that is none": (b"<!doctype html>" + GOOD.replace(b"A", b"*", 1), "damaged"),
    "a letter too few": (b"<!doctype html>" + GOOD[: len(BEGIN)] + GOOD[len(BEGIN) + 1 :], "damaged"),
    "no model file": (b"<!DOCTYPE html>" + BEGIN + base64.b64encode(b"<p>" * 99) + END, "not a model"),
    "a page in a page": (b"<!doctype html>" + BEGIN + base64.b64encode(b"<!doctype html>" + GOOD) + END, "not a model"),
    "a changed model": (b"<!doctype html>" + GOOD[:-3000] + b"AAAA" + GOOD[-2996:], "damaged"),
}


@pytest.mark.parametrize(("page", "words"), PAGES.values(), ids=list(PAGES))
def test_hostile_pages_are_refused_in_words(page: bytes, words: str) -> None:
    with pytest.raises(CheckpointError, match=words):
        loads(page)


def test_page_as_other_programs_save_it_is_still_one() -> None:
    kept = keepsake()
    page = build(kept)
    assert model_in(b"\xef\xbb\xbf\r\n" + page.replace(b"<!doctype html>", b"<!DOCTYPE html>")) == kept.file
    assert model_in(page.replace(b"</body>", b"<script>alert(1)</script></body>")) == kept.file


def test_too_large_a_model_is_refused() -> None:
    with pytest.raises(UserError, match="181 MB"):
        build(replace(keepsake(), file=bytes(181 * 2**20)))


def test_space_has_front_matter_that_no_name_breaks_out_of() -> None:
    files = build_space(keepsake(name=HOSTILE, trained_on=HOSTILE), license="cc-by-4.0")
    assert set(files) == {"index.html", "README.md"}
    readme = files["README.md"].decode()
    _, head, body = readme.split("---\n", 2)
    front = {name: json.loads(value) for name, value in (line.split(": ", 1) for line in head.splitlines())}
    assert (front["sdk"], front["license"], front["app_file"]) == ("static", "cc-by-4.0", "index.html")
    assert front["title"] == " ".join(HOSTILE.split())[:60]
    assert len(front["short_description"]) <= 60
    assert "education" in front["tags"]
    assert not re.search(r"<(?!!)\w|(?<!\\)`", body)
    assert build_space(keepsake())["README.md"].count(b'license: "other"') == 1
    with pytest.raises(UserError, match="no name of a licence"):
        build_space(keepsake(), license="mit\nsdk: gradio")


def test_style_and_script_end_no_element() -> None:
    for text in (sources.style(), sources.boot()):
        assert not re.search(r"</(?:script|style)|<!--", text, re.IGNORECASE)
