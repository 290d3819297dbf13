"""How the handlers of the page and of the API meet their visitor: by the token that comes with every call."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any, Concatenate, get_type_hints

from vae.serving.visitors.session import Session
from vae.serving.visitors.visitors import Visitors
from vae.system import log

ENDING = "The server is being stopped. Nothing of yours is lost: this page goes on as soon as it is back."
UNFORESEEN = "Something went wrong here. Nothing of yours is lost: try again, and reload the page if it comes back."


def bind(visitors: Visitors, handler: Callable[Concatenate[Session, ...], Any]) -> Callable[..., Any]:
    """`handler(session, ...)` as Gradio calls it: `handler(token, ...)`, with the session looked up.

    Functions, async functions, generators and async generators keep their kind, name, docstring and the
    types of their other parameters. A ValueError, whose message is for the person, becomes a `gr.Error`.
    """
    bound: Callable[..., Any]
    if inspect.isasyncgenfunction(handler):

        async def stream_later(token: str, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            with errors_shown():
                session = visitors.get(token)
                async with aclosing(session.streams.follow(handler(session, *args, **kwargs))) as items:
                    async for item in items:
                        yield item

        bound = stream_later
    elif inspect.iscoroutinefunction(handler):

        async def answer_later(token: str, *args: Any, **kwargs: Any) -> Any:
            with errors_shown():
                return await handler(visitors.get(token), *args, **kwargs)

        bound = answer_later
    elif inspect.isgeneratorfunction(handler):

        def stream(token: str, *args: Any, **kwargs: Any) -> Iterator[Any]:
            with errors_shown():
                yield from handler(visitors.get(token), *args, **kwargs)

        bound = stream
    else:

        def answer(token: str, *args: Any, **kwargs: Any) -> Any:
            with errors_shown():
                return handler(visitors.get(token), *args, **kwargs)

        bound = answer
    dress(bound, handler)
    return bound


@contextmanager
def errors_shown() -> Iterator[None]:
    """Let a ValueError, whose message is for the person, reach the page: Gradio shows only its own errors.

    Of what nobody foresaw the log gets where it came from, and the person a plain sentence.
    """
    import gradio as gr

    try:
        yield
    except gr.Error:
        raise
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from error
    except Exception as error:
        if isinstance(error, RuntimeError) and "after shutdown" in str(error):  # threads are no longer given work
            raise gr.Error(ENDING, print_exception=False) from error
        log.exception("handler failed", error)
        raise gr.Error(UNFORESEEN, print_exception=False) from error


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
