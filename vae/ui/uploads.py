"""How an uploaded file is taken: a few parts of a form, each into a file that goes when the upload does not arrive."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from gradio import route_utils
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException

MAX_PARTS = 4  # of one upload: the page sends a file at a time
MAX_FIELD = 2**16  # bytes of a part that is no file
_Parser = route_utils.GradioMultiPartParser


class CarefulParser(_Parser):
    """Gradio's parser, which by itself takes 1,000 parts, keeps fields in memory and leaves broken-off files behind."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **{**options, "max_files": MAX_PARTS, "max_fields": MAX_PARTS})

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        part = self._current_part
        if part.file is None and len(part.data) + end - start > MAX_FIELD:
            raise MultiPartException("A field is over the maximum allowed size. Send the text as a file.")
        super().on_part_data(data, start, end)

    def on_headers_finished(self) -> None:
        try:
            super().on_headers_finished()
        except MultiPartException as error:
            if "Too many" in error.message:  # the words by which Gradio answers 413
                raise MultiPartException(f"{error.message} This is the maximum allowed size.") from error
            raise

    async def parse(self) -> FormData:
        try:
            form = await super().parse()
            if any(name != "files" or not isinstance(item, UploadFile) for name, item in form.multi_items()):
                raise MultiPartException("An upload has files and nothing else.")
        except BaseException:  # the browser may be gone
            for file in self._files_to_close_on_error:
                file.close()
                Path(file.name).unlink(missing_ok=True)
            raise
        return form


def size(folder: Path) -> int:
    """Bytes of all files in a folder, or in those that lie in it."""
    total = 0
    with suppress(FileNotFoundError):  # what is going meanwhile does not count
        for path in folder.rglob("*"):
            with suppress(OSError):
                total += path.lstat().st_size
    return total


def careful() -> None:
    """Let Gradio take uploads in this way."""
    route_utils.GradioMultiPartParser = CarefulParser  # type: ignore[misc]
