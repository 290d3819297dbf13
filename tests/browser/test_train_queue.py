"""Two visitors train at once in real browsers: each sees their own, and who comes second waits for their turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from gradio_client import Client
from playwright.sync_api import Page, expect
from support.train_page import SENTENCES, bring, finish, learn, wait_for_points

Arrive = Callable[..., Page]


@pytest.fixture
def crowd(server: str) -> Any:
    """A function that fills every free place with the trainings of other visitors; they end with the test."""
    client = Client(server, verbose=False)
    tokens: list[str] = []

    def fill() -> None:
        while True:
            token = client.predict(api_name="/start")
            client.predict(token, None, "\n".join(SENTENCES), api_name="/read_corpus")
            settings = {"latent": 4, "hidden": 16, "minutes": 0.0, "epochs": 1000.0}
            run = client.predict(token, "quick", settings, api_name="/train")
            if run["state"] == "waiting":
                client.predict(token, api_name="/stop")
                return
            tokens.append(token)

    yield fill
    for token in tokens:
        client.predict(token, api_name="/stop")


def test_second_visitor_sees_nothing_of_the_first_waits_and_then_starts(
    arrive: Arrive, crowd: Callable[[], None]
) -> None:
    first, second = arrive(), arrive()
    bring(first, "first.txt")
    learn(first, 1000)
    wait_for_points(first, 1)
    crowd()
    bring(second, "second.txt")
    learn(second, 1000)
    expect(second.locator("#train-progress")).to_contain_text("yours is next")
    expect(second.locator("#train-progress")).to_contain_text("starts by itself")
    assert "first.txt" not in second.content()
    assert "second.txt" not in first.content()
    finish(first)
    wait_for_points(second, 1)
    expect(second.locator(".model-line")).not_to_contain_text("First")
    finish(second)
    expect(second.locator(".model-line")).to_contain_text("Second")
    expect(first.locator(".model-line")).to_contain_text("First")
