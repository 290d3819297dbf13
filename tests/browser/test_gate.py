"""What the other browser tests rely on: nothing leaves this machine unseen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Error
from support.visits import visits


@pytest.mark.parametrize("address", ["http://198.51.100.7/a.png", "https://elsewhere.test/"])
def test_request_that_would_leave_this_machine_is_stopped_and_fails_the_test(
    browser: Browser, server: str, address: str
) -> None:
    def leave() -> None:
        with visits(browser, server) as open_page:
            page = open_page().context.new_page()
            with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
                page.goto(address)

    with pytest.raises(AssertionError, match=re.escape(address)):
        leave()
