"""The app: `python app.py` serves the page; a Space runs the same file."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gradio as gr


def build() -> gr.Blocks:
    """The page. Imported in here: a training's worker process may import this file again and needs no page."""
    from vae.ui import shell

    return shell.build()


def main() -> None:
    """Build the page and serve it until it is interrupted or told to end."""
    from vae.ui import shell

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # an orderly end: running trainings are saved first
    shell.launch(build())


if __name__ == "__main__":
    main()
