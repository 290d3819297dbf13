"""The endpoints of comparing and evaluating: /compare, /comparison, /stop_comparison, /evaluate. Each takes a token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import gradio as gr

from vae.evaluation.figures import FIGURES
from vae.messages.message import Message
from vae.serving.visitors.comparison import Comparison, Slot
from vae.serving.visitors.comparisons import Comparisons
from vae.serving.visitors.session import RefusedError, Session
from vae.training.events import plain
from vae.ui.binding import bind
from vae.ui.compare import notices, view
from vae.ui.page import Page

if TYPE_CHECKING:
    from vae.serving.jobs.evaluation_process import EvaluatedModel


class CompareEndpoints:
    """What a client of the API may ask about the comparisons of its visitor."""

    def __init__(self, comparisons: Comparisons) -> None:
        self._comparisons = comparisons

    async def compare(
        self,
        session: Session,
        families: list[str] | None = None,
        models: list[str] | None = None,
        preset: str = "quick",
        settings: dict[str, Any] | None = None,
    ) -> AsyncIterator[dict[str, Any]]:
        """Train models of several families on the text of /read_corpus, one after another, and measure all.

        It goes on when nobody listens: /comparison finds it again.

        Args:
            token: of /start.
            families: of vae, lm and aae, those to train; null trains none.
            models: ids from /models, to be compared beside them.
            preset: of every training: quick, balanced or faithful.
            settings: parameters that differ from the preset's, as in /train.
        Returns:
            As /comparison, whenever there is news; the last answer has the figures.
        """
        if not isinstance(settings, dict | None):
            raise RefusedError(Message("ui.settings.no_names"))
        await self._comparisons.compare(session, families, models, preset, settings or {})
        async for answer in self._follow(session, "compare"):
            yield answer

    async def evaluate(self, session: Session, model: str = "") -> AsyncIterator[dict[str, Any]]:
        """Measure a model on sentences held out of the text of /read_corpus, or of our own where there is none.

        Args:
            token: of /start.
            model: an id from /models; "" is the one in use.
        Returns:
            As /comparison, with one model; the last answer has its figures.
        """
        await self._comparisons.evaluate(session, model)
        async for answer in self._follow(session, "evaluate"):
            yield answer

    async def comparison(self, session: Session) -> dict[str, Any]:
        """How far the newest comparison is, and what it found.

        Args:
            token: of /start.
        Returns:
            {"state", "text", "sentences", "message", "steps", "models", "summary", "cautions", "notice"}: state is
            training, measuring, done, stopped or failed; a model has "title", "family", "seconds", "figures",
            "intervals", "missing" (why a figure is null), "samples", "reconstructions" and "path"; "summary" says who
            is best at what, and "cautions" what cannot be told.
        """
        return report(self._find(session, "compare"))

    async def stop_comparison(self, session: Session) -> dict[str, Any]:
        """End the comparison that is under way. Models that were trained by then are among /models.

        Args:
            token: of /start.
        Returns:
            As /comparison.
        """
        self._comparisons.stop(session)
        return report(self._find(session, "compare"))

    async def _follow(self, session: Session, slot: Slot) -> AsyncIterator[dict[str, Any]]:
        async for _ in self._comparisons.follow(session):
            comparison = self._find(session, slot)
            yield report(comparison)
            if not comparison.busy:
                return

    def _find(self, session: Session, slot: Slot) -> Comparison:
        found = self._comparisons.find(session, slot)
        if found is None:
            raise RefusedError(Message("ui.compare.none_yet"))
        return found

    def add_to(self, page: Page) -> None:
        """Offer them under their own names."""
        page.api(self.comparison)
        page.api(self.stop_comparison)
        for stream in (self.compare, self.evaluate):  # a client that listens must not keep the next from doing so
            gr.events.api(bind(page.services.visitors, stream), api_name=stream.__name__, concurrency_limit=None)


def report(comparison: Comparison) -> dict[str, Any]:
    """A comparison for a client."""
    note = view.note(comparison)
    names = view.titles(list(comparison.evaluated))
    models = [
        {"title": name, "family": column.family, "seconds": column.seconds, **measured(known, comparison.sentences)}
        for name, (column, known) in zip(names, comparison.evaluated.items(), strict=True)
    ]
    told = view.told(comparison)
    sentences, cautions = view.summarized(comparison)
    return {
        "state": comparison.state, "text": comparison.text, "sentences": len(comparison.sentences),
        "message": note["text"] if note else "", "steps": view.steps(comparison) or [],
        "models": models, "summary": sentences, "cautions": cautions, "notice": notices.notices(told) if told else [],
    }  # fmt: skip


def measured(known: EvaluatedModel, sentences: tuple[str, ...]) -> dict[str, Any]:
    """A model's figures and what it said, for a client."""
    values: dict[str, Any] = asdict(known.evaluation)
    figures = {name: plain(values[name]) for name in FIGURES}
    return {
        "figures": figures,
        "intervals": plain(values["intervals"]),
        "missing": {name: str(reason) for name, reason in known.missing.items()},
        "kl_per_dimension": [plain(value) for value in known.evaluation.kl_per_dimension],
        "verdict": known.evaluation.verdict,
        "samples": [point.text for point in known.samples],
        "reconstructions": [
            {"source": source, "text": point.text}
            for source, point in zip(sentences, known.reconstructions, strict=False)
        ],
        "path": [point.text for point in known.interpolation],
    }
