"""Gradio's scripts are served as the patches change them, and each patch still fits the Gradio that is pinned."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
import pytest
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient

from vae.web.script_patches import SCRIPT_PATCHES, PatchedScripts, ScriptPatch

FRONTEND = Path(gr.__file__).parent / "templates/frontend"


def scripts(patch: ScriptPatch) -> list[Path]:
    return [path for path in FRONTEND.glob("assets/*.js") if patch.path.fullmatch(f"/assets/{path.name}")]


@pytest.mark.parametrize("patch", SCRIPT_PATCHES, ids=lambda patch: patch.old.decode()[:40])
def test_each_patch_changes_one_place(patch: ScriptPatch) -> None:
    assert sum(path.read_bytes().count(patch.old) for path in scripts(patch)) == 1
    assert patch.reason
    assert patch.seen_with == gr.__version__, "look at this patch with the Gradio that is pinned now"


def test_scripts_are_served_with_their_patches_and_others_as_they_are() -> None:
    served = TestClient(PatchedScripts(StaticFiles(directory=FRONTEND)))
    for path in {path for patch in SCRIPT_PATCHES for path in scripts(patch)}:
        answer = served.get(f"/assets/{path.name}").content
        for patch in SCRIPT_PATCHES:
            assert patch.old not in answer or patch.new.startswith(patch.old)
            assert (patch.new in answer) == (patch.old in path.read_bytes())
    other = next(FRONTEND.glob("assets/*.css"))
    assert served.get(f"/assets/{other.name}").content == other.read_bytes()
