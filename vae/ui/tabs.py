"""The tabs, in the order of the work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from vae.ui.compare import tab as compare
from vae.ui.corpus import tab as corpus
from vae.ui.page import Page
from vae.ui.sample import tab as sample
from vae.ui.slide import tab as slide
from vae.ui.train import tab as train


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab: its name in links and in the page's own language, and what lays it out inside of its `gr.Tab`."""

    id: str
    name: str
    build: Callable[[Page, gr.Tab], None]


TABS = (
    Tab("corpus", "Corpus", corpus.build),
    Tab("train", "Train", train.build),
    Tab("sample", "Sample", sample.build),
    Tab("slide", "Slide", slide.build),
    Tab("compare", "Compare", compare.build),
)
