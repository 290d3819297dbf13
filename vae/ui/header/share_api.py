"""The endpoints of sharing, and of leaving: /share, /unshare, /shared, /forget. Each takes the visitor's token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from vae.messages.message import Message
from vae.serving.records.rows import ShareRow
from vae.serving.visitors.models import list_models
from vae.serving.visitors.services import Services
from vae.serving.visitors.session import RefusedError, Session
from vae.serving.visitors.sharing import OPENS_NOTHING
from vae.serving.visitors.trainings import MODEL_STATES
from vae.training.events import public
from vae.ui.binding import bind
from vae.ui.page import Page


class ShareEndpoints:
    """What a client of the API may share, and see of others; and how it leaves."""

    def __init__(self, services: Services) -> None:
        self._visitors, self._sharing, self._trainings = services.visitors, services.sharing, services.trainings

    def share(self, session: Session, kind: str = "model", target: str = "") -> dict[str, str]:
        """Let others copy a model or watch a training. Nobody can change or stop what is yours.

        Args:
            token: of /start.
            kind: "model" or "run".
            target: an id from /models, or that of a run; "" is the model in use, or the newest run.
        Returns:
            {"kind", "target", "code"}; the link is the page's address with ?share= and the code.
        """
        found = self._target(session, kind, target)
        return {"kind": kind, "target": found, "code": self._sharing.share(session, kind, found)}

    def unshare(self, session: Session, kind: str = "model", target: str = "") -> dict[str, str]:
        """Withdraw a code: from now on it opens nothing, and who watches sees no more. Copies of a model stay.

        Args:
            token: of /start.
            kind, target: as in /share.
        Returns:
            {"kind", "target"}
        """
        found = self._target(session, kind, target)
        self._sharing.unshare(session, kind, found)
        return {"kind": kind, "target": found}

    def _target(self, session: Session, kind: object, target: object) -> str:
        if target == "":
            return session.model().id if kind == "model" else self._trainings.find(session)
        if not isinstance(target, str):
            raise RefusedError(Message("serving.share_not_named"))
        return target

    async def shared(self, session: Session, code: str, copy: bool = False) -> AsyncIterator[dict[str, Any]]:
        """What a code opens: a model becomes one of yours and is used; a training can be watched.

        Args:
            token: of /start.
            code: of /share, as somebody gave it to you.
            copy: of a training that has ended, take its model over as well.
        Returns:
            of a model {"kind": "model", "models"}, as /models; of a training, whenever there is news, {"kind": "run",
            "state", "place", "message", "events"}, and with `copy` at last {"kind": "model", "models"}.
        """
        share = await asyncio.to_thread(self._sharing.open, session, code)
        if share.kind == "run":
            async for status, events in self._trainings.watch(share, share.target):
                if not self._sharing.is_active(share):
                    raise RefusedError(OPENS_NOTHING)
                told = {"state": status.state, "place": status.place, "message": str(status.message)}
                yield {"kind": "run", **told, "events": [public(event) for event in events]}
            if copy is not True or status.state not in MODEL_STATES:
                return
        yield await asyncio.to_thread(self._take, session, share)

    def _take(self, session: Session, share: ShareRow) -> dict[str, Any]:
        self._sharing.copy(session, share)
        return {"kind": "model", "models": list_models(session)}

    def forget(self, session: Session) -> dict[str, bool]:
        """Forget all of yours at once: text, trainings, models and codes. What others have copied by now stays theirs.

        Args:
            token: of /start; it opens nothing any more.
        Returns:
            {"forgotten": true}
        """
        self._visitors.forget(session.owner)
        return {"forgotten": True}

    def add_to(self, page: Page) -> None:
        """Offer them under their own names."""
        for handler in (self.share, self.unshare, self.forget):
            page.api(handler)
        # one that watches must not keep the next from it
        gr.events.api(bind(page.services.visitors, self.shared), api_name="shared", concurrency_limit=None)
