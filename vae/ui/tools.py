"""What programs may ask of a model by MCP: five tools, each a typed function that its docstring tells of.

They need no visit and change nothing: they ask the model that stands ready, or one that its owner shares by a code. So
no token, which would open all that a visitor has, need be told to an assistant.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from anyio import CapacityLimiter, to_thread

from vae.messages.message import Message
from vae.serving.visitors.services import Services
from vae.serving.visitors.session import RefusedError
from vae.serving.visitors.validation import number, sentence
from vae.ui.binding import errors_shown
from vae.ui.compare.api import measured
from vae.ui.sample.api import MAX_NUMBER, checked_sample
from vae.ui.slide.api import path_points
from vae.web.gradio_patches import TOOL

if TYPE_CHECKING:
    from vae.model.checkpoint import Checkpoint

AT_ONCE, WAITING = 2, 30  # calls that are answered, and that wait; one of them is measured at a time
DIGITS = 4  # behind the point of a code
LONGEST, FARTHEST = 4096, 1000.0  # numbers of a code, and how large one may be


class Tools:
    """The tools over a server's services."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._answering, self._measuring = CapacityLimiter(AT_ONCE), CapacityLimiter(1)

    def add(self) -> None:
        """Offer them. They skip Gradio's queue, which only its own clients can wait in: see `_in_turn`."""
        for tool in (self.sample, self.interpolate, self.encode, self.decode, self.evaluate):
            gr.events.api(tool, api_name=f"{TOOL}{tool.__name__}", api_visibility="undocumented", queue=False)

    async def sample(
        self, request: gr.Request, number: int = 8, variety: float = 0.5, start: str = "", seed: int = 1,
        model: str = "",
    ) -> str:  # fmt: skip
        """Let the model say new sentences, like those of the text that it learned from.

        Args:
            number: How many, 1 to 50; fewer come back if it has no more different ones to say.
            variety: From 0 to 1: more is more varied and less fluent.
            start: Each sentence begins with these words, which must be words that the model has learned.
            seed: The same seed gives the same sentences.
            model: The code by which somebody shares their model; empty for the model that stands ready.
        Returns:
            JSON: a list of {"text", "new"}; new is false for a sentence of that text, and null if that is not known.
        """

        def draw(known: Checkpoint) -> object:
            points = checked_sample(known, number, variety, 1.0, start, False, "text", seed)
            return [{"text": point.text, "new": known.is_new(point.text)} for point in points]

        return await self._answer(draw, model, request)

    async def interpolate(self, request: gr.Request, first: str, second: str, steps: int = 11, model: str = "") -> str:
        """Slide from one sentence to another through the latent space of the model.

        Args:
            first: The sentence to begin with.
            second: The sentence to end with.
            steps: How many sentences, both ends counted, 3 to 41.
            model: The code by which somebody shares their model; empty for the model that stands ready.
        Returns:
            JSON: a list of {"text", "unread"}; unread lists words of the two sentences that the model could not read.
        """

        def walk(known: Checkpoint) -> object:
            points = path_points(known, first, second, steps, "fluent", distinct=False)
            return [{"text": point["text"], "unread": point["unread"]} for point in points]

        return await self._answer(walk, model, request)

    async def encode(self, request: gr.Request, sentences: list[str], model: str = "") -> str:
        """Find the codes of sentences: their places in the latent space of the model.

        Args:
            sentences: 1 to 50 sentences.
            model: The code by which somebody shares their model; empty for the model that stands ready.
        Returns:
            JSON: for each {"z", "text"}: the numbers of its code, and what the model says there.
        """

        def find(known: Checkpoint) -> object:
            from vae.model import text_model

            given = [sentence(each, "Each sentence") for each in _few(sentences, "Sentences")]
            points = text_model.reconstruct(known.text_model, given)
            return [{"z": [round(value, DIGITS) for value in point.z], "text": point.text} for point in points]

        return await self._answer(find, model, request)

    async def decode(self, request: gr.Request, codes: list[list[float]], model: str = "") -> str:
        """Let the model say what lies at codes: places in its latent space, such as those that encode finds.

        Args:
            codes: 1 to 50 lists of as many numbers as a code of the model has.
            model: The code by which somebody shares their model; empty for the model that stands ready.
        Returns:
            JSON: a list of sentences, one for each code.
        """

        def say(known: Checkpoint) -> object:
            from vae.model import text_model

            rows = [_few(each, "Each code", LONGEST) for each in _few(codes, "Codes")]
            given = [[number(value, "Each number of a code", -FARTHEST, FARTHEST) for value in row] for row in rows]
            return text_model.say(known.text_model, given)

        return await self._answer(say, model, request)

    async def evaluate(self, request: gr.Request, model: str = "") -> str:
        """Measure the model on sentences that it has not learned from. This takes up to a few minutes.

        Args:
            model: The code by which somebody shares their model; empty for the model that stands ready.
        Returns:
            JSON: {"figures", "intervals", "missing", "samples", "reconstructions", ...}, as the endpoint /evaluate.
        """
        with _in_words():
            _check_room(self._measuring)
            async with self._measuring:
                path = await asyncio.to_thread(self._file, model, request)
                known, sentences = await self._services.comparisons.measure(path)
            return json.dumps(measured(known, sentences), ensure_ascii=False)

    async def _answer(self, ask: Callable[[Checkpoint], object], code: str, request: gr.Request) -> str:
        """What `ask` gets from the model of a code, as JSON, when it is its turn."""

        def answer() -> str:
            path = self._file(code, request)
            return json.dumps(ask(self._services.visitors.shared.models.load(path)), ensure_ascii=False)

        with _in_words():
            _check_room(self._answering)
            return await to_thread.run_sync(answer, limiter=self._answering)

    def _file(self, code: str, request: gr.Request) -> Path:
        """The model that a code opens, or the one that stands ready."""
        if code:
            return self._services.sharing.model_file(f"address {request.client.host}", code)
        path = self._services.visitors.bundled
        if not path.is_file():
            raise RefusedError(Message("serving.no_model"))
        return path


def _few(values: Any, name: str, most: int = MAX_NUMBER) -> list[Any]:
    """`values`, when it is a list that is neither empty nor long. Raises RefusedError."""
    if not isinstance(values, list) or not 1 <= len(values) <= most:
        raise RefusedError(Message("ui.tools.not_few", name=name, most=most))
    return values


def _check_room(limiter: CapacityLimiter) -> None:
    """Raises RefusedError: too many wait already."""
    if limiter.statistics().tasks_waiting >= WAITING:
        raise RefusedError(Message("web.too_much_at_once"))


@contextmanager
def _in_words() -> Iterator[None]:
    """As `errors_shown`, for clients that are told what str() makes of an error: Gradio's own would be in quotes."""
    try:
        with errors_shown():
            yield
    except gr.Error as error:
        raise ValueError(error.message) from None
