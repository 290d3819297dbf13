"""What tests of commands share: a stand-in of the Hub, and a token for it."""

from __future__ import annotations

from collections.abc import Iterator

import huggingface_hub.constants
import pytest
from support.hub import TOKEN, Hub, standing_in


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with standing_in() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)  # a storage that has no stand-in
        yield hub
