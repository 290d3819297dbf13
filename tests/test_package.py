"""What breaks in silence when files move: what is installed with the package, what is promised, what is preloaded."""

from __future__ import annotations

import importlib.util
import inspect
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

import vae
from vae.serving.jobs.worker_pool import PRELOADED

ROOT = Path(__file__).resolve().parents[1]
DEVELOPMENT = {"ui/globals.d.ts", "ui/tsconfig.json"}  # for the checker of types, which users do not need


def package_data() -> list[str]:
    """The patterns of files that are installed beside the code."""
    (line,) = re.findall(r"^vae = \[(.*)\]$", (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    return re.findall(r'"([^"]+)"', line)


def test_every_file_beside_the_code_is_installed_with_it() -> None:
    paths = (path.relative_to(ROOT / "vae") for path in (ROOT / "vae").rglob("*") if path.is_file())
    files = {path.as_posix() for path in paths if path.suffix != ".py" and "__pycache__" not in path.parts}
    missing = {
        file for file in files if not any(fnmatch(file, pattern.replace("**/", "*")) for pattern in package_data())
    }
    assert missing == DEVELOPMENT


@pytest.mark.parametrize("name", sorted(set(vae.__all__) - {"__version__"}))
def test_promised_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(vae, name)
    assert name in dir(vae)
    if callable(value):
        text = inspect.getdoc(value) or ""
        assert text
        assert "Raises:" in text
        for parameter in inspect.signature(value).parameters.values():
            assert parameter.annotation is not parameter.empty, f"{name}({parameter.name}) has no type"


def test_unknown_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        vae.nothing  # noqa: B018


LOOK = """
import multiprocessing, sys
from vae.serving.jobs.worker_pool import PRELOADED

def look(pipe):
    pipe.send([name for name in PRELOADED if name not in sys.modules])

if __name__ == "__main__":
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    ours, theirs = context.Pipe()
    process = context.Process(target=look, args=(theirs,))
    process.start()
    theirs.close()
    print(ours.recv())
    process.join()
"""


def test_worker_processes_begin_with_what_trainings_need_already_there(tmp_path: Path) -> None:
    assert [name for name in PRELOADED if importlib.util.find_spec(name) is None] == []
    if sys.platform == "linux":
        program = tmp_path / "look.py"
        program.write_text(f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{LOOK}", encoding="utf-8")
        done = subprocess.run([sys.executable, str(program)], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"
