"""What is on disk is whole: files that are replaced in one move, and events without their torn end."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from vae.system.files import atomic_write
from vae.training.run_folder import Run

ROOT = Path(__file__).parents[2]


def test_write_makes_and_replaces_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for data in (b"old", b"", b"new" * 100_000):
        atomic_write(path, data)
        assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


def test_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    folder.mkdir()
    (folder / "inside").write_text("kept")
    with pytest.raises(OSError):  # noqa: PT011 - its subclass differs between systems
        atomic_write(folder, b"data")
    assert (folder / "inside").read_text() == "kept"
    assert list(tmp_path.iterdir()) == [folder]


def test_write_into_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        atomic_write(tmp_path / "none" / "file", b"data")


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is open cannot be replaced there")
def test_reader_sees_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    whole = [bytes([letter]) * 500_000 for letter in b"ab"]
    atomic_write(path, whole[0])
    done = threading.Event()

    def write() -> None:
        for turn in range(60):
            atomic_write(path, whole[turn % 2])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(path.read_bytes())
    writer.join()
    assert seen <= set(whole)


def test_kill_never_leaves_a_half_written_file(tmp_path: Path) -> None:
    run = Run(tmp_path)
    code = (
        "import itertools, sys; from pathlib import Path; from vae.system.files import atomic_write\n"
        "for turn in itertools.count():\n"
        "    atomic_write(Path(sys.argv[1]), bytes([turn % 256]) * 2_000_000); print(turn, flush=True)\n"
    )
    for writes in range(1, 9):
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(run.best)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        with child:
            assert child.stdout is not None
            for _ in range(writes):
                child.stdout.readline()
            child.kill()
        data = run.best.read_bytes()
        assert data == data[:1] * 2_000_000
    run.remove_leftovers()
    assert list(tmp_path.iterdir()) == [run.best]


@pytest.mark.parametrize("torn", [b"", b"tor", "tö".encode()[:-1]])
def test_torn_last_event_is_swept(tmp_path: Path, torn: bytes) -> None:
    run = Run(tmp_path)
    run.append_event("one")
    with run.events.open("ab") as file:
        file.write(torn)
    run.remove_leftovers()
    run.append_event("two ü\u2028")
    assert run.events.read_bytes() == "one\ntwo ü\u2028\n".encode()


def test_written_files_have_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    atomic_write(tmp_path / "ours", b"x")
    (tmp_path / "plain").write_bytes(b"x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_sweep_takes_temporaries_only(tmp_path: Path) -> None:
    run = Run(tmp_path)
    for name in (".state.safetensors.abc.tmp", "state.safetensors", ".hidden", "notes.tmp"):
        (tmp_path / name).write_text("x")
    run.remove_leftovers()
    assert {path.name for path in tmp_path.iterdir()} == {"state.safetensors", ".hidden", "notes.tmp"}


def test_files_of_a_run_are_distinct_and_in_its_folder(tmp_path: Path) -> None:
    run = Run(tmp_path)
    files = [run.config, run.corpus, run.tokens, run.token_file, run.preparing_folder, run.events, run.state, run.best]
    assert len(set(files)) == len(files)
    assert {path.parent for path in files} == {tmp_path}
