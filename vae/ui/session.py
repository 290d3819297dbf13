"""What belongs to one visitor, found by an unguessable token.

Nothing of a visitor is global: the text, the models and the model in use hang on a `Session`, which only
its token opens. The token lives in the visitor's browser and goes to every handler and endpoint.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, get_type_hints

from vae.ui.model import PLAIN, Model, readable
from vae.ui.shelf import Shelf
from vae.ui.streams import Streams

if TYPE_CHECKING:
    from vae.checkpoint import Checkpoint
    from vae.corpus import Corpus

ASSETS = Path(__file__).resolve().parents[2] / "assets"
BUNDLED = "bundled"  # the id of the model that stands ready for everybody
MAX_SESSIONS = 2_000
MAX_IDLE = 48 * 3600  # seconds; a training may take a day
MAX_MODELS = 12  # of one visitor
SETTLED = 3.0  # seconds from the building of a page until it is surely served
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class RefusedError(ValueError):
    """Something cannot be done; the message says what, and what to do, to the person who asked."""


class Session:
    """One visitor: their text, their models, the model in use. `owner` names them to the jobs, not to the world."""

    def __init__(self, owner: str, folder: Path, bundled: Path, shelf: Shelf) -> None:
        self.owner = owner
        self.corpus: Corpus | None = None
        self.collected: dict[str, str] = {}  # runs whose model has been added: the model's id
        self.held: dict[str, set[str]] = {}  # models that must not go now, by what needs them
        self.streams = Streams()
        self.last_used = time.monotonic()
        self._folder = folder
        self._shelf = shelf
        self._bundled = bundled
        self._own: dict[str, Model] = {}
        self._in_use = BUNDLED
        self._changing = threading.Lock()

    @property
    def empty(self) -> bool:
        """Whether the visitor would lose nothing with this session: without a text there is no training either."""
        return self.corpus is None and not self._own

    def models(self) -> list[Model]:
        """Every model this visitor may use: the bundled one, then their own, newest first."""
        bundled = []
        if self._bundled.is_file():
            name = readable(self._shelf.name(self._bundled)) or self._bundled.stem.replace("-", " ").title()
            bundled = [Model(BUNDLED, name, "bundled", self._bundled, self._shelf.family(self._bundled) or PLAIN)]
        return bundled + list(reversed(self._own.values()))

    def model(self) -> Model:
        """The model in use. Raises RefusedError when there is none yet."""
        models = {m.id: m for m in self.models()}
        if self._in_use in models:
            return models[self._in_use]
        raise RefusedError("There is no model yet. Train one, or load a model file.")

    def checkpoint(self) -> Checkpoint:
        """The model in use, loaded. Raises RefusedError when there is none, CheckpointError when it is damaged."""
        return self._shelf.load(self.model().path)

    @property
    def ready(self) -> bool:
        """Whether there is a model in use, and it answers at once."""
        return any(model.id == self._in_use and self._shelf.has(model.path) for model in self.models())

    def use(self, model_id: str) -> Model:
        """Switch to one of `models()`. Raises RefusedError when this visitor has no such model."""
        if model_id not in {m.id for m in self.models()}:
            raise RefusedError("This model is not among yours. Choose one from the list.")
        self._in_use = model_id
        return self.model()

    def add_model(self, path: Path, origin: str, *, use: bool = True) -> Model:
        """Copy the model file at `path` to this visitor's own and use it. Raises CheckpointError, RefusedError.

        The oldest goes when there are too many, save those in use and those held.

        Args:
            path: a model file, checked whole before it is kept; shown under the name in it, or else the file's.
            origin: where it came from, in words: "trained here", "loaded from a file".
            use: whether to use it from now on, if another is in use.
        """
        model_id = secrets.token_urlsafe(9)
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = self._folder / f"{model_id}.safetensors"
        try:
            shutil.copyfile(path, kept)
            loaded = self._shelf.load(kept)
        except BaseException:
            kept.unlink(missing_ok=True)
            raise
        shown = readable(loaded.info.name) or readable(path.name) or "Unnamed"
        model = Model(model_id, shown, origin, kept, loaded.config.family)
        with self._changing:
            self._own[model_id] = model
            if use or self._in_use not in {m.id for m in self.models()}:
                self._in_use = model_id
            needed = {model_id, self._in_use}.union(*self.held.values())
            unused = [model for model in self._own.values() if model.id not in needed]  # oldest first
            for old in unused[: max(0, len(self._own) - MAX_MODELS)]:
                del self._own[old.id]
                old.path.unlink(missing_ok=True)
        return model

    def forget(self) -> None:
        """Remove this visitor's files."""
        shutil.rmtree(self._folder, ignore_errors=True)


class Visitors:
    """The sessions of one server, by token. What is long unused goes; when there are too many, what is empty first.

    Args:
        data: what visitors make is kept in a folder "visitors" in here, emptied at the start: sessions do not outlive
            the process. By default the environment's `VAE_DATA`, else a private temporary folder.
        bundled: the model file that stands ready for everybody; by default the environment's `VAE_MODEL`, else
            the one in assets/models.
    """

    def __init__(self, data: Path | None = None, bundled: Path | None = None) -> None:
        named = data or os.environ.get("VAE_DATA")
        if not named:
            self._temporary = tempfile.TemporaryDirectory(prefix="vae-", ignore_cleanup_errors=True)
            named = self._temporary.name
        self.data = Path(named).resolve() / "visitors"
        shutil.rmtree(self.data, ignore_errors=True)
        ours = ASSETS / "models" / "everyday-english.safetensors"
        self.bundled = bundled or Path(os.environ.get("VAE_MODEL") or ours)
        self._shelf = Shelf(self.bundled)
        self.on_forget: Callable[[str], None] = lambda owner: None  # hears whose session goes
        self._sessions: OrderedDict[str, Session] = OrderedDict()  # the longest unused first
        self._came = threading.Event()  # somebody
        self._lock = threading.Lock()

    def start(self, token: object = "") -> str:
        """The token to go on with: `token` itself while its session lives, else that of a new session."""
        self._came.set()
        with self._lock:
            if isinstance(token, str) and self._use(token):
                return token
            gone = self._make_room()
            fresh = secrets.token_urlsafe(32)
            owner = hashlib.blake2b(fresh.encode(), digest_size=16).hexdigest()
            folder = self.data / "models" / owner
            self._sessions[fresh] = Session(owner, folder, self.bundled, self._shelf)
        for session in gone:
            self.on_forget(session.owner)
            session.forget()
        return fresh

    def get(self, token: object) -> Session:
        """The session that `token` opens. Raises RefusedError when there is none."""
        with self._lock:
            session = self._use(token)
        if session is None:
            raise RefusedError("The server no longer knows this visit. Reload the page to begin a new one.")
        return session

    def _use(self, token: object) -> Session | None:
        if not isinstance(token, str) or not _TOKEN.fullmatch(token) or token not in self._sessions:
            return None
        self._sessions.move_to_end(token)
        session = self._sessions[token]
        session.last_used = time.monotonic()
        return session

    def _make_room(self) -> list[Session]:
        """Take out sessions that were not used for long; if there are still too many, an empty one or the oldest."""
        long_ago = time.monotonic() - MAX_IDLE
        going = [token for token, session in self._sessions.items() if session.last_used < long_ago]
        gone = [self._sessions.pop(token) for token in going]
        while len(self._sessions) >= MAX_SESSIONS:
            oldest = next(iter(self._sessions))
            empty = (token for token, session in self._sessions.items() if session.empty)
            gone.append(self._sessions.pop(next(empty, oldest)))
        return gone

    def warm(self, then: Callable[[], None] = lambda: None) -> None:
        """In the background, load the bundled model and call `then`: when the first visitor has come, or soon."""

        def load() -> None:
            self._came.wait(SETTLED)
            with suppress(ValueError, OSError):  # whoever uses it is told
                self._shelf.load(self.bundled)
            then()

        threading.Thread(target=load, name="vae-warm", daemon=True).start()


def bind(visitors: Visitors, handler: Callable[Concatenate[Session, ...], Any]) -> Callable[..., Any]:
    """`handler(session, ...)` as Gradio calls it: `handler(token, ...)`, with the session looked up.

    Functions, async functions, generators and async generators keep their kind, name, docstring and the
    types of their other parameters. A ValueError, whose message is for the person, becomes a `gr.Error`.
    """
    bound: Callable[..., Any]
    if inspect.isasyncgenfunction(handler):

        async def stream_later(token: str, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            with told():
                session = visitors.get(token)
                async with aclosing(session.streams.follow(handler(session, *args, **kwargs))) as items:
                    async for item in items:
                        yield item

        bound = stream_later
    elif inspect.iscoroutinefunction(handler):

        async def answer_later(token: str, *args: Any, **kwargs: Any) -> Any:
            with told():
                return await handler(visitors.get(token), *args, **kwargs)

        bound = answer_later
    elif inspect.isgeneratorfunction(handler):

        def stream(token: str, *args: Any, **kwargs: Any) -> Iterator[Any]:
            with told():
                yield from handler(visitors.get(token), *args, **kwargs)

        bound = stream
    else:

        def answer(token: str, *args: Any, **kwargs: Any) -> Any:
            with told():
                return handler(visitors.get(token), *args, **kwargs)

        bound = answer
    dress(bound, handler)
    return bound


@contextmanager
def told() -> Iterator[None]:
    """Let a ValueError, whose message is for the person, reach the page: Gradio shows only its own errors."""
    import gradio as gr

    try:
        yield
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from error


def dress(bound: Callable[..., Any], handler: Callable[..., Any]) -> None:
    """Give `bound` the name, the documentation and the types of `handler`, its first parameter being the token."""
    signature = inspect.signature(handler)
    hints = get_type_hints(handler)
    first, *others = signature.parameters.values()
    hints.pop(first.name, None)
    bound.__name__ = handler.__name__
    bound.__doc__ = handler.__doc__
    bound.__annotations__ = {"token": str, **hints}
    token = inspect.Parameter("token", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=str)
    typed = [p.replace(annotation=hints.get(p.name, p.annotation)) for p in others]
    bound.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[token, *typed], return_annotation=hints.get("return", Any)
    )


def stamp() -> str:
    """A value never seen before: what a handler returns to one of the page's signals."""
    return secrets.token_hex(8)
