"""How a text is to be read: what may be told beforehand, and is otherwise found."""

from __future__ import annotations

from dataclasses import dataclass

from vae.messages.message import Message, UserError
from vae.text.splitting import SPLITS

MAX_CHARACTERS = 400  # of a sentence, unless told otherwise
LAYOUTS = ("auto", "lines", "running")


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """What is known of a text; the defaults find out.

    Args:
        encoding: its name; None finds it.
        format: one of `formats.registry.NAMES`, or an extension of its files; None finds it.
        part: of an archive or a workbook: the member or the sheet; None takes the one that is meant.
        column: of a table; None takes the one that looks most like a text.
        label_column: of a table; None reads no labels.
        layout: of plain text: "lines" (a sentence each), "running" (to be split into sentences) or "auto"; a layout
            other than "auto" also keeps a text from being taken for JSON, a table or a chat by its looks.
        split: of cells: "none" (each a sentence), "lines", "sentences" or "auto".
        max_characters: longer sentences are dropped.
    Raises:
        UserError: one of them is out of range.
    """

    encoding: str | None = None
    format: str | None = None
    part: str | None = None
    column: str | None = None
    label_column: str | None = None
    layout: str = "auto"
    split: str = "auto"
    max_characters: int = MAX_CHARACTERS

    def __post_init__(self) -> None:
        if self.layout not in LAYOUTS:
            raise UserError(Message("text.layout", layouts=", ".join(LAYOUTS), value=repr(self.layout)))
        if self.split not in SPLITS:
            raise UserError(Message("text.split", splits=", ".join(SPLITS), value=repr(self.split)))
        if not 1 <= self.max_characters <= 10_000:
            raise UserError(Message("text.max_characters", value=self.max_characters))
