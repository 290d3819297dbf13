"""A module of others, changed inside its import."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from vae.system.imports import change_on_import


def test_module_is_changed_before_it_is_used_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "measured.py").write_text("def size():\n    return 3\n", "utf-8")
    (tmp_path / "measuring.py").write_text("from measured import size\n\nFOUND = size()\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    names = ("measuring", "measured")

    def found() -> int:
        for name in names:
            monkeypatch.delitem(sys.modules, name, raising=False)
        return int(importlib.import_module("measuring").FOUND)

    def enlarge(module: ModuleType) -> None:
        vars(module)["size"] = lambda: 5

    change_on_import("measured", enlarge)
    finders = len(sys.meta_path)
    assert found() == 5
    assert len(sys.meta_path) == finders - 1  # it is looked out for once
    assert found() == 3
    change_on_import("measured", enlarge)  # too late
    assert len(sys.meta_path) == finders - 1
