"""Every term has one explanation, which stands in Help and beside what uses it."""

from __future__ import annotations

from html import escape

import pytest

from vae.ui.components.glossary import TERMS, explain, glossary, meaning
from vae.ui.header.panel import build_header


def test_help_explains_every_term_and_a_tab_those_that_it_uses() -> None:
    told = build_header("Sentences").html_template
    assert glossary() in told
    for term in TERMS:
        row = f"<dt>{term}</dt><dd>{escape(meaning(term))}</dd>"
        assert row in told
        assert row in explain(term).value
    with pytest.raises(KeyError):
        explain("Qualia")
