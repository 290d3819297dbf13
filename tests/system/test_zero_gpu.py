"""What a ZeroGPU Space lends, and where nothing is lent. The app in such a Space: tests/ui/test_space_settings.py."""

from __future__ import annotations

import sys

import pytest

from vae.system import zero_gpu


@pytest.mark.parametrize("value", [None, "", "false", "0"])
def test_elsewhere_nothing_is_lent(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if value is None:
        monkeypatch.delenv(zero_gpu.VARIABLE, raising=False)
    else:
        monkeypatch.setenv(zero_gpu.VARIABLE, value)
    assert zero_gpu.lent(len, 1) is None


def test_without_its_package_a_space_lends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(zero_gpu.VARIABLE, "true")
    monkeypatch.setitem(sys.modules, "spaces", None)
    assert zero_gpu.lent(len, 1) is None
