"""The house: its floors, its rooms, and who may import whom. docs/architecture.md draws it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# From the ground up: a room imports only from floors below its own. A folder of serving/ or ui/ is a room of its own;
# files that lie in such a folder itself are each one, too.
FLOORS = (
    "messages",
    "system",
    "config",
    "text",
    "data",
    "model",
    "metrics",
    "training",
    "evaluation api kept_page",
    "hub",
    "serving.limits",
    "serving.records",
    "serving.jobs",
    "serving.visitors cli",
    "web",
    "ui.signals ui.theme ui.assets ui.binding",
    "ui.device",
    "ui.page ui.components",
    "ui.header ui.corpus ui.train ui.sample ui.slide ui.compare",
    "ui.tabs ui.launch ui.tools",
    "ui.build",
    "server",
    "app __main__",
)
HEIGHT = {room: height for height, floor in enumerate(FLOORS) for room in floor.split()}
SPLIT = ("serving", "ui")
PAGES = ("web", "ui")  # only these know Gradio
LONGEST, DOCSTRING = 300, 20  # lines of a file, and of its docstring besides


def files(root: Path) -> list[Path]:
    return [root / "app.py", *sorted((root / "vae").rglob("*.py"))]


def module_of(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def room_of(module: str) -> str:
    """`vae.ui.slide.view` -> ui.slide, `vae.text.corpus` -> text."""
    parts = module.removeprefix("vae.").split(".")
    return ".".join(parts[:2]) if parts[0] in SPLIT else parts[0]


def imported(path: Path, root: Path) -> set[str]:
    """All modules that a file imports, wherever in it, under TYPE_CHECKING and inside of functions, too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise AssertionError(f"{path.name} has a relative import")
            module = node.module or ""
            folder = root / module.replace(".", "/")
            names = {alias.name for alias in node.names}
            inside = {name for name in names if (folder / f"{name}.py").exists() or (folder / name).is_dir()}
            found |= {f"{module}.{name}" for name in inside} | ({module} if names - inside else set())
    return found


def own(path: Path, root: Path) -> set[str]:
    return {name for name in imported(path, root) if name.split(".")[0] == "vae" and name != "vae"}


def faults(root: Path) -> Iterator[str]:
    """What in a tree breaks the rules of the house, a line each."""
    graph: dict[str, set[str]] = {}
    for path in files(root):
        module = module_of(path, root)
        if path.name == "__init__.py" and module != "vae" and path.read_text(encoding="utf-8").strip():
            yield f"{module} is a package, whose __init__ is to be empty"
        if module == "vae" or path.name == "__init__.py":
            continue
        room, graph[module] = room_of(module), own(path, root)
        if room not in HEIGHT:
            yield f"{room} has no floor yet"
            continue
        for name in sorted(graph[module]):
            other = room_of(name)
            if other not in HEIGHT:
                yield f"{module} imports {name}, which has no floor"
            elif other != room and HEIGHT[other] >= HEIGHT[room]:
                yield f"{module} imports {name}, which is not below it"
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield f"a circle: {' -> '.join(error.args[1])}"


def test_rooms_import_only_from_floors_below_and_no_file_in_a_circle() -> None:
    assert list(faults(ROOT)) == []


def test_every_floor_names_rooms_that_stand() -> None:
    rooms = {room_of(module_of(path, ROOT)) for path in files(ROOT) if path.name != "__init__.py"}
    assert set(HEIGHT) == rooms


BREACHES: Mapping[str, tuple[dict[str, str], str]] = {
    "upward": ({"vae/text/cleaning.py": "from vae.training.train import train\n"}, "vae.training.train"),
    "sideways": ({"vae/ui/slide/tab.py": "from vae.ui.train import view\n"}, "vae.ui.train.view"),
    "for types alone": (
        {
            "vae/system/files.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
            "    from vae.config.config import Config\n"
        },
        "vae.config.config",
    ),
    "inside a function": (
        {"vae/model/schedules.py": "def late() -> None:\n    from vae.metrics import diagnosis\n"},
        "vae.metrics.diagnosis",
    ),
    "a circle in a room": (
        {
            "vae/ui/compare/view.py": "from vae.ui.compare import notices\n",
            "vae/ui/compare/notices.py": "from vae.ui.compare.view import steps\n",
        },
        "a circle",
    ),
    "a package that does something": ({"vae/text/__init__.py": "import os\n"}, "vae.text is a package"),
    "a room without a floor": ({"vae/attic/box.py": ""}, "attic has no floor"),
}


@pytest.mark.parametrize(("changes", "told"), BREACHES.values(), ids=list(BREACHES))
def test_breach_is_seen(changes: dict[str, str], told: str, tmp_path: Path) -> None:
    for path in files(ROOT):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    for name, text in changes.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(f"{before}\n{text}", encoding="utf-8")
    assert any(told in fault for fault in faults(tmp_path))


@pytest.mark.parametrize("path", files(ROOT), ids=lambda path: str(path.relative_to(ROOT)))
def test_compute_knows_no_widget_and_the_page_no_tensor(path: Path) -> None:
    roots = {name.split(".")[0] for name in imported(path, ROOT)}
    page = room_of(module_of(path, ROOT)).split(".")[0] in (*PAGES, "server", "app")
    assert not roots & ({"torch", "safetensors", "sentencepiece"} if page else {"gradio", "gradio_client", "fastapi"})


def test_importing_the_package_is_light() -> None:
    code = "import sys, vae; print(*sorted(m for m in sys.modules if m.split('.')[0] in ('gradio', 'torch', 'vae')))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert told.split() == ["vae"]


def test_no_file_is_too_long() -> None:
    for path in files(ROOT):
        text = path.read_text(encoding="utf-8")
        docstring = ast.get_docstring(ast.parse(text)) or ""
        lines = len(text.splitlines())
        assert lines - min(DOCSTRING, len(docstring.splitlines())) <= LONGEST, f"{path.name} has {lines} lines"
