"""What breaks in silence when files move: what is installed, what is promised, what is preloaded."""

from __future__ import annotations

import email
import importlib.util
import inspect
import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import vae
from vae.serving.jobs.worker_pool import PRELOADED

ROOT = Path(__file__).resolve().parents[1]
DEVELOPMENT = {"globals.d.ts", "tsconfig.json"}  # for the checker of types, which users do not need
BUILD = "import sys; from hatchling import build; print(getattr(build, sys.argv[1])(sys.argv[2]))"


def built(kind: str, tree: Path, folder: Path) -> Path:
    """A wheel or an sdist of a tree, made in `folder` as pip makes it."""
    command = [sys.executable, "-c", BUILD, f"build_{kind}", str(folder)]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True)
    return folder / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree that an sdist unpacks to."""
    folder = tmp_path_factory.mktemp("sdist")
    archive = built("sdist", ROOT, folder)
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of that tree, which is all that it is made of."""
    return built("wheel", sdist, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def commands(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment with the wheel alone, but for what it needs, which lies here already."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    where = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", "venv", where))
    (packages / "needed.pth").write_text("\n".join(path for path in sys.path if path.endswith("-packages")), "utf-8")
    scripts = Path(sysconfig.get_path("scripts", "venv", where))
    pip = [sys.executable, "-m", "pip", "--python", str(scripts / "python"), "install", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--quiet", str(wheel)], check=True)
    return scripts


def test_every_file_beside_the_code_is_installed_with_it(wheel: Path) -> None:
    paths = (path for path in (ROOT / "vae").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    there = set(zipfile.ZipFile(wheel).namelist())
    missing = {path.name for path in paths if path.relative_to(ROOT).as_posix() not in there}
    assert missing == DEVELOPMENT
    assert not any(name.startswith(("tests/", "assets/", "app.py")) for name in there)  # nothing beside the package


def test_installed_command_says_sentences_from_another_folder(commands: Path, tmp_path: Path) -> None:
    look = "from vae.system.paths import ASSETS; from vae.serving.visitors.corpus_sources import *; print(ASSETS);"
    look += "print(all(bundled_corpus(name).data for name in BUNDLED_CORPORA));"
    look += "from vae.ui.device import on_device; from vae.kept_page import sources;"
    look += "print(all([on_device.files().addresses, sources.script(), sources.engine(), sources.kernel()]))"
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def said(command: str, *arguments: str) -> str:
        call = [str(commands / command), *arguments]
        return subprocess.run(call, cwd=tmp_path, env=clean, capture_output=True, text=True, check=True).stdout

    assets, read, scripts = said("python", "-c", look).split()
    assert Path(assets).is_relative_to(commands.parent)
    assert (read, scripts) == ("True", "True")
    model = Path(assets) / "models" / "everyday-english.safetensors"
    assert len(json.loads(said("sentence-space", "sample", str(model), "-n", "3", "--json"))["samples"]) == 3
    assert "usage: sentence-space serve" in said("sentence-space", "serve", "--help")


def test_what_is_needed_and_the_version_are_the_same_wherever_they_stand(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        (name,) = (name for name in file.namelist() if name.endswith("/METADATA"))
        told = email.message_from_bytes(file.read(name))
    needed = {Requirement(line) for line in told.get_all("Requires-Dist", []) if "extra ==" not in line}
    assert needed == {Requirement(line) for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines()}
    citation = dict(re.findall(r"^([\w-]+): (.+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE))
    assert told["Version"] == vae.__version__ == citation["version"]
    assert told["License-Expression"] == citation["license"]


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
