"""Folders of runs: one command's each, and nothing of anybody else's is taken or removed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vae.cli import main, run_folders
from vae.training.run_folder import Run

ROOT = Path(__file__).parents[2]
_HAVE = """
import sys
from pathlib import Path
from vae.system.files import locked_folder
with locked_folder(Path(sys.argv[1])):
    print("mine", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "text.txt"
    file.write_text("a cat\na dog\n")
    return file


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks there")
def test_other_command_leaves_a_folder_alone_in_which_a_run_is_prepared(text: Path, tmp_path: Path) -> None:
    folder = run_folders.shared_folder(tmp_path / "m.safetensors")
    assert not run_folders.claim(folder, text, {"seed": 1})
    before = Run(folder).command.read_bytes()
    command = [sys.executable, "-c", _HAVE, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "mine\n"
        with pytest.raises(ValueError, match="another process is working"):
            run_folders.claim(folder, text, {"seed": 2})
        assert Run(folder).command.read_bytes() == before
        child.communicate("\n")
    Run(folder).state.touch()
    assert run_folders.claim(folder, text, {"seed": 1})  # its own goes on


def test_folder_of_a_shared_run_is_no_other_commands(text: Path, tmp_path: Path) -> None:
    """Else the shared run's command would go on with what the other trained."""
    output = tmp_path / "m.safetensors"
    folder = run_folders.shared_folder(output)
    run_folders.claim(folder, text, {"seed": 1})
    Run(folder).preparing_folder.mkdir()  # and killed
    assert run_folders.new_folder(output) == tmp_path / "m.run1"
    Run(folder).command.unlink()
    assert run_folders.new_folder(output) == folder


def test_empty_folder_stays_when_there_is_no_run_in_it_to_resume(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    output = str(tmp_path / "m.safetensors")
    assert main.main(["train", "--resume", str(tmp_path / "mine"), "--output", output]) == 2
    assert (tmp_path / "mine").is_dir()
    assert main.main(["train", "--resume", str(tmp_path / "none"), "--output", output]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
