"""The endpoints of a training: /train, /watch, /status, /pause, /resume, /stop. Each takes the visitor's token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from vae.messages.message import Message
from vae.serving.jobs.service import Status
from vae.serving.visitors.session import RefusedError, Session
from vae.serving.visitors.trainings import MODEL_STATES, Trainings, configure
from vae.training.events import public
from vae.ui.binding import bind
from vae.ui.page import Page
from vae.ui.train import view


class TrainEndpoints:
    """What a client of the API may ask about the trainings of its visitor."""

    def __init__(self, trainings: Trainings) -> None:
        self._trainings = trainings

    def train(
        self, session: Session, preset: str = "quick", settings: dict[str, Any] | None = None, start_from: str = ""
    ) -> dict[str, Any]:
        """Start a training on the text of /read_corpus. It waits where no place is free.

        Args:
            token: of /start.
            preset: quick, balanced or faithful.
            settings: parameters that differ from the preset's, by name: latent, hidden, beta, free_bits, word_dropout,
                epochs, minutes, steps, seed and the others of `python -m vae train --help`.
            start_from: the id of a model from /models to go on from; "" learns from scratch.
        Returns:
            As /status.
        """
        if not isinstance(settings, dict | None):
            raise RefusedError(Message("ui.settings.no_names"))
        config = configure(preset, settings or {})
        return self.report(session, self._trainings.start(session, config, start_from))

    async def watch(self, session: Session, run: str = "") -> AsyncIterator[dict[str, Any]]:
        """Follow a training until it ends or is paused: its state, and the events that are new since the last answer.

        Args:
            token: of /start.
            run: its id; "" is the newest.
        Returns:
            {"run", "state", "place", "message", "events"}; the last answer of a run that has ended comes when its
            model is in use.
        """
        found = self._trainings.find(session, run)
        async for status, events in self._trainings.watch(session, found):
            yield {**_head(found, status), "events": [public(event) for event in events]}
        if status.state in MODEL_STATES:
            yield {**await asyncio.to_thread(self._settled, session, found), "events": []}

    def status(self, session: Session, run: str = "") -> dict[str, Any]:
        """Where a training stands. The first answer that says it has ended also takes its model into use.

        Args:
            token: of /start.
            run: its id; "" is the newest.
        Returns:
            {"run", "state", "place", "message", "progress", "verdict"}; state is waiting, starting, running, pausing,
            paused, stopping, done, stopped, failed or diverged; place is in the queue, 0 when it does not wait.
        """
        return self.report(session, self._trainings.find(session, run))

    def pause(self, session: Session, run: str = "") -> dict[str, Any]:
        """Pause a training: its exact state is saved, its place goes to the next.

        Args:
            token: of /start.
            run: its id; "" is the newest.
        Returns:
            As /status.
        """
        found = self._trainings.find(session, run)
        self._trainings.pause(session, found)
        return self.report(session, found)

    def resume(self, session: Session, run: str = "") -> dict[str, Any]:
        """Go on with a paused training exactly where it was.

        Args:
            token: of /start.
            run: its id; "" is the newest.
        Returns:
            As /status.
        """
        found = self._trainings.find(session, run)
        self._trainings.resume(session, found)
        return self.report(session, found)

    def stop(self, session: Session, run: str = "") -> dict[str, Any]:
        """End a training and keep its best model, which /watch or /status then takes into use.

        Args:
            token: of /start.
            run: its id; "" is the newest.
        Returns:
            As /status.
        """
        found = self._trainings.find(session, run)
        self._trainings.stop(session, found)
        return self.report(session, found)

    def report(self, session: Session, run: str) -> dict[str, Any]:
        """A run's state, how far it is, and its latest verdict. Raises JobError when it is not this visitor's."""
        head, history = self._settled(session, run), self._trainings.history(session, run)
        now = public(history.progress) if history.progress else None
        return {**head, "progress": now, "verdict": view.verdict(history)}

    def _settled(self, session: Session, run: str) -> dict[str, Any]:
        """A run's state; when it has ended, its model is in use by then, or `message` says why not."""
        status = self._trainings.status(session, run)
        try:
            self._trainings.collect_model(session, run)
        except RefusedError as error:
            return {**_head(run, status), "message": str(error)}
        return _head(run, status)

    def add_to(self, page: Page) -> None:
        """Offer them under their own names."""
        for handler in (self.train, self.status, self.pause, self.resume, self.stop):
            page.api(handler)
        # one watcher a client, open for as long as a run goes on, must not keep the next from watching
        gr.events.api(bind(page.services.visitors, self.watch), api_name="watch", concurrency_limit=None)


def _head(run: str, status: Status) -> dict[str, Any]:
    return {"run": run, "state": status.state, "place": status.place, "message": str(status.message)}
