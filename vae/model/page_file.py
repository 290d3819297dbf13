"""Where in a kept page its model stands: the page is one .html file, the whole model file in it as base64.

A page comes from strangers as any model file does. Nothing of it is read but this one block, whose bytes are then
checked as those of an upload are.
"""

from __future__ import annotations

import base64
import binascii

from vae.messages.message import Message, UserError

ELEMENT = "kept-model"  # the id of the element that holds it
BEGIN, END = f'<script id="{ELEMENT}" type="application/octet-stream">'.encode(), b"</script>"
MAX_MODEL = 180 * 2**20  # bytes: the page of a larger one could not be read back
MARGIN = 2**20  # bytes of a page beside its model, at most
_FIRST = b"<!doctype html"  # no model file begins so: these bytes would be the length of its header


def is_page(data: bytes) -> bool:
    """Whether a file is a page, not a model file."""
    return data[:256].removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_FIRST)


def model_in(data: bytes) -> bytes:
    """The bytes of a model file: `data` itself, or what stands in it if it is a kept page.

    Raises:
        UserError: it is a page in which no model stands, or more than one, or a damaged one.
    """
    if not is_page(data):
        return data
    if data.count(BEGIN) != 1:
        raise UserError(Message("model.page_without_model"))
    begin = data.index(BEGIN) + len(BEGIN)
    end = data.find(END, begin)
    try:
        return base64.b64decode(data[begin:end].strip() if end > 0 else b"!", validate=True)
    except binascii.Error as error:
        raise UserError(Message("model.page_damaged")) from error
