"""What trainings may take of a computer: cores, a container's quota, and the administrator's word."""

from __future__ import annotations

from pathlib import Path

import pytest

from vae.machine import cores, slots_for


def quota(folder: Path, text: str) -> Path:
    path = folder / "cpu.max"
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", ["100000 100000\n", "150000 100000", "20000 100000"])
def test_a_containers_quota_limits_the_cores(tmp_path: Path, text: str) -> None:
    assert cores(quota(tmp_path, text)) == 1


@pytest.mark.parametrize("text", ["max 100000\n", "1000000000 100000\n", "", "a b c"])
def test_without_a_limit_all_cores_count(tmp_path: Path, text: str) -> None:
    assert cores(quota(tmp_path, text)) == cores(tmp_path / "none") >= 1


def test_half_the_cores_train_unless_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VAE_SLOTS", raising=False)
    assert [slots_for(n) for n in (1, 2, 3, 8)] == [1, 1, 1, 4]
    monkeypatch.setenv("VAE_SLOTS", "3")
    assert slots_for(1) == slots_for(64) == 3


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many"])
def test_a_number_of_slots_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("VAE_SLOTS", value)
    with pytest.raises(ValueError, match="VAE_SLOTS must be a whole number of at least 1, not"):
        slots_for(4)
