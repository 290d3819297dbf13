"""The graphics card that a ZeroGPU Space lends to functions that are marked for it, one call at a time.

Such a Space has the package `spaces`, which forks a process with the card for a call, and counts its seconds for the
visitor who is behind the request. Anywhere else nothing is lent, whether the package is installed or not.

Source: the package itself, spaces 0.51.
"""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar

VARIABLE = "SPACES_ZERO_GPU"  # set by such a Space
Given = ParamSpec("Given")
Answer = TypeVar("Answer")
_log = logging.getLogger(__name__)


def lent(function: Callable[Given, Answer], seconds: int) -> Callable[Given, Answer] | None:
    """`function` as such a Space runs it; None where there is none.

    To be called before the page is served, since a Space with nothing marked is stopped. In `function` the device is
    "cuda". Arguments and answer are pickled. Whatever a call raises says that it came to nothing: no card was free, the
    visitor's quota is spent, or the process broke off. What `function` raises comes back as an error of `spaces`, too.

    Args:
        seconds: that a call may take; it is refused if so many are not left.
    """
    if os.environ.get(VARIABLE, "").lower() not in ("1", "t", "true"):
        return None
    if importlib.util.find_spec("spaces") is None:
        _log.warning("the package spaces is missing: all is computed on the processor")
        return None
    import spaces

    marked: Callable[Given, Answer] = spaces.GPU(duration=seconds)(function)
    return marked
