"""The rooms of the house and the order in which they may import each other."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROWS = (  # from the bottom up: a room imports only rooms of lower rows
    "kinds",
    "figures aggregate bell config events limits machine distributed noise records softmax gaussian scores store "
    "corpus_text journal",
    "tokenizer schedules eventlog size terminal corpus_running corpus_bytes distinct folders",
    "batches updates corpus_formats corpus_statistics",
    "layers families corpus tokenfile",
    "families.writer generate textfile pace meter job",
    "families.autoencoder families.lm queue janitor",
    "families.vae families.aae",
    "families.build prepare",
    "latent",
    "metrics checkpoint state",
    "plan",
    "train",
    "fluency",
    "evaluate",
    "worker measuring",
    "pool roster",
    "jobs",
    "ui cli_models cli_train",
    "cli_figures",
    "cli",
    "app __main__",
)
HEIGHT = {room: height for height, row in enumerate(ROWS) for room in row.split()}
FILES = [ROOT / "app.py", *sorted((ROOT / "vae").rglob("*.py"))]


def room_of(module: str) -> str:
    """`vae.ui.charts` -> ui: the tabs of the page are one room."""
    name = module.removeprefix("vae.")
    return "ui" if name.split(".")[0] == "ui" else name


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> set[str]:
    """All modules that a file imports, wherever in it: `from vae import latent` counts as vae.latent."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            module = node.module or ""
            folder = ROOT / module.replace(".", "/")
            inside = {alias.name for alias in node.names if (folder / f"{alias.name}.py").exists()}
            found |= {f"{module}.{name}" for name in inside} or {module}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_only_downward(path: Path) -> None:
    module = module_of(path)
    if module == "vae":
        assert {name for name in imported(path) if name.startswith("vae")} == {"vae.config"}
        return
    room = room_of(module)
    assert room in HEIGHT, f"{room} has no place in the house yet"
    for name in imported(path):
        if name.split(".")[0] == "vae" and name != "vae" and (other := room_of(name)) != room:
            assert HEIGHT[other] < HEIGHT[room], f"{room} imports {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_compute_knows_no_widget_and_the_page_no_tensor(path: Path) -> None:
    roots = {name.split(".")[0] for name in imported(path)}
    page = room_of(module_of(path)) in ("ui", "app")
    assert not roots & ({"torch", "safetensors", "sentencepiece"} if page else {"gradio", "gradio_client", "fastapi"})


def test_every_row_names_rooms_that_stand() -> None:
    rooms = {room_of(module_of(path)) for path in FILES} - {"vae"}
    assert set(HEIGHT) == rooms


def test_importing_the_package_is_light() -> None:
    code = "import sys, vae; print(*sorted(m for m in sys.modules if m.split('.')[0] in ('gradio', 'torch', 'vae')))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert told.split() == ["vae", "vae.config", "vae.kinds"]


def test_no_file_is_too_long() -> None:
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert max(lengths.values()) <= 300, max(lengths, key=lambda name: lengths[name])
