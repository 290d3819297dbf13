"""Files that were damaged or forged, through the code that reads them: whether any crashes, hangs or deceives it.

    python tests/reliability/mutants.py [--of model] [--count 10000] [--first 0] [--json]

Each mutant follows from its number. They are read in processes of their own, so that a crash or a hang is seen, which
begin anew behind the mutant at which they ended. A model must be refused with `CheckpointError`, or load and then
speak; the other files of a run and of a server must be refused with the error that their reader names, or be read.
A document must be refused with `CorpusError`, or be read, and nothing may be written.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import hashlib
import io
import json
import os
import random
import re
import resource
import selectors
import struct
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.model_files import BESIDE

MODELS = sorted((ROOT / "tests" / "fixtures" / "models").glob("*.safetensors"))
SLOW = 5.0  # seconds of computing beyond which a mutant counts as a hang
STUCK = 60.0  # seconds without a word, after which its process is killed: other programs may have the processor
Random = random.Random


# Mutators: of bytes, of JSON, and of the files that hold both ------------------------------------------------------


def bytes_mutant(data: bytes, chance: Random, reach: int | None = None) -> bytes:
    """Bits flipped, bytes replaced, parts cut out, doubled, swapped or cut off, of the first `reach` bytes."""
    changed, reach = bytearray(data), reach or len(data)
    for _ in range(chance.choice((1, 1, 1, 3, 20))):
        if not changed:
            break
        at = chance.randrange(min(reach, len(changed)))
        span = chance.choice((1, 2, 8, 100, 4096))
        kind = chance.randrange(8)
        if kind == 0:
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            changed[at] = chance.randrange(256)
        elif kind == 2:
            changed[at : at + span] = chance.randbytes(span)
        elif kind == 3:
            del changed[at : at + span]
        elif kind == 4:
            changed[at:at] = changed[at : at + span]
        elif kind == 5:
            other = chance.randrange(len(changed))
            first, second = changed[at : at + span], changed[other : other + span]
            changed[at : at + span], changed[other : other + span] = second, first
        elif kind == 6:
            del changed[at:]
        else:
            changed[at : at + 8] = struct.pack("<Q", chance.choice((0, 1, 2**31, 2**32, 2**63, 2**64 - 1, len(data))))
    return bytes(changed)


ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1, 2, 2**31, 2**32, 2**53, 2**63, 2**64, -(2**63), 10**400, 0.5, -0.0, 1e308, float("nan"),
    float("inf"), "", "x", "\0", "\ud800", "x" * 3000, "../../etc/passwd", "NaN", [], [[]], [None], [0] * 300, {},
    {"a": 1}, [-1], [2**62, 4], ["1"],
)  # fmt: skip


NESTED = "nested"  # stands for lists or objects inside each other, more or fewer than a parser bears


def json_mutant(value: Any, chance: Random) -> Any:
    """The same JSON with some of its values replaced, removed, doubled, renamed or put elsewhere."""
    value = json.loads(json.dumps(value))
    for _ in range(chance.choice((1, 1, 2, 5))):
        places = list(_places(value))
        if not places:
            return chance.choice(ODD)
        holder, key = chance.choice(places)
        kind = chance.randrange(6)
        if kind == 0:
            holder[key] = NESTED if chance.random() < 0.1 else chance.choice(ODD)
        elif kind == 1:
            del holder[key]
        elif kind == 2 and isinstance(holder, dict):
            holder[chance.choice((f"{key}x", key[:-1], "__metadata__", "", "\0"))] = holder.pop(key)
        elif kind == 3:
            other, name = chance.choice(places)
            if name in (other if isinstance(other, dict) else range(len(other))):
                holder[key] = json.loads(json.dumps(other[name]))
        elif kind == 4 and isinstance(holder[key], int | float):
            holder[key] = chance.choice((holder[key] + 1, -holder[key], holder[key] * 1000, float(holder[key])))
        elif isinstance(holder, list):
            holder.insert(key, holder[key])
        else:
            holder[f"{key}2"] = holder[key]
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in nested lists and objects, as (what holds it, its key)."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _places(value[key])


def text_of(value: Any, chance: Random) -> bytes:
    """JSON as text, now and then with a name twice, or nested more deeply than anything that is written here."""
    depth = chance.choice((5, 200, 900, 2000, 50_000))
    nested = chance.choice((b"[" * depth + b"1" + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth))
    text = json.dumps(value).encode().replace(json.dumps(NESTED).encode(), nested)
    if chance.random() < 0.05:
        text = text.replace(b'{"', b'{"twice": 1, "twice": 2, "', 1)
    return text


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The header of a safetensors file, and the bytes of each tensor."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    spans = {name: entry["data_offsets"] for name, entry in header.items() if name != "__metadata__"}
    return header, {name: data[8 + length :][a:b] for name, (a, b) in spans.items()}


def pack(header: Any, arrays: dict[str, bytes], chance: Random) -> bytes:
    """The file anew, with offsets worked out where that is possible."""
    start = 0
    for name, array in arrays.items():
        if isinstance(header, dict) and isinstance(header.get(name), dict) and chance.random() < 0.98:
            header[name]["data_offsets"] = [start, start + len(array)]
        start += len(array)
    text = text_of(header, chance)
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(arrays.values())


# What is mutated, and how it is read -------------------------------------------------------------------------------


class Model:
    """A model file, with its checksums worked out anew in most mutants, so that they get past them."""

    def __init__(self, folder: Path) -> None:
        from vae.model import checkpoint

        self._sources = [path.read_bytes() for path in MODELS]
        self.expected = checkpoint.CheckpointError
        for data in self._sources:  # what stays in memory
            self._use(data)

    def mutant(self, chance: Random) -> bytes:
        data = chance.choice(self._sources)
        if chance.random() < 0.3:
            end = 8 + int.from_bytes(data[:8], "little")
            return bytes_mutant(data, chance, chance.choice((8, end, len(data))))
        header, arrays = unpack(data)
        kind = chance.randrange(6)
        about = header["__metadata__"]
        if kind < 2:
            part = ("config", "info")[kind]
            about[part] = text_of(json_mutant(json.loads(about[part]), chance), chance).decode("utf-8", "replace")
        elif kind == 2:
            arrays["tokenizer"] = bytes_mutant(arrays["tokenizer"], chance)
            header["tokenizer"]["shape"] = [len(arrays["tokenizer"])]
        elif kind == 3:
            name = chance.choice(sorted(arrays))
            array = bytearray(arrays[name])
            for _ in range(chance.choice((1, 30))):
                at = chance.randrange(max(1, len(array) // 2)) * 2
                array[at : at + 2] = chance.choice((b"\x00\x7e", b"\x00\x7c", b"\xff\x7b", chance.randbytes(2)))
            arrays[name] = bytes(array[: len(arrays[name])])
        elif kind == 4:
            order = list(arrays)
            chance.shuffle(order)
            arrays = {name: arrays[name] for name in order[chance.randrange(2) :]}
        if chance.random() < 0.9:
            self._sign(about, arrays)
        if kind == 5:
            header = json_mutant(header, chance)
        return pack(header, arrays, chance)

    def read(self, data: bytes) -> None:
        self._use(data)

    @staticmethod
    def _sign(about: dict[str, Any], arrays: dict[str, bytes]) -> None:
        weights = hashlib.sha256()
        for name in sorted(set(arrays) - BESIDE):
            weights.update(name.encode() + arrays[name])
        parts = {name: arrays[name] for name in sorted(BESIDE) if name in arrays}
        parts |= {name: str(about[name]).encode("utf-8", "replace") for name in ("config", "info")}
        digests = {name: hashlib.sha256(part).hexdigest() for name, part in parts.items()}
        about["sha256"] = json.dumps({"weights": weights.hexdigest(), **digests})

    @staticmethod
    def _use(data: bytes) -> None:
        from vae.model import checkpoint, interpolation, text_model

        model = checkpoint.loads(data)
        tm = model.text_model
        text_model.sample(tm, 2, temperature=0.7, start="The cat", seed=1)
        if tm.latent:
            interpolation.interpolate(tm, "The cat sees a dog.", "My sister.", steps=3)
        model.is_new("The cat.")


class RunFolder:
    """The files of a training that was paused: its state, events, settings and prepared text."""

    def __init__(self, folder: Path) -> None:
        from vae.config.config import Config
        from vae.text.corpus import read_corpus
        from vae.training.train import train

        self.expected = ValueError
        self._folder = folder / "run"
        words = ("cat", "dog", "girl", "boy", "bird")
        corpus = read_corpus("\n".join(f"the {a} sees a {b}." for a in words for b in words).encode(), layout="lines")
        config = Config(vocabulary=300, embedding=8, encoder_hidden=8, hidden=8, latent=2, batch=8, steps=3, threads=1)
        for _ in train(config, corpus, self._folder):
            pass
        names = ("state.safetensors", "events.jsonl", "config.json", "tokens.safetensors", "tokens.bin")
        self._files = {name: (self._folder / name).read_bytes() for name in names}
        self._name = ""
        self._use()

    def mutant(self, chance: Random) -> bytes:
        self._name = chance.choice(sorted(self._files))
        data = self._files[self._name]
        if chance.random() < 0.4:
            return bytes_mutant(data, chance)
        if self._name.endswith(".safetensors"):
            header, arrays = unpack(data)
            return pack(json_mutant(header, chance), arrays, chance)
        if self._name == "config.json":
            return text_of(json_mutant(json.loads(data), chance), chance)
        if self._name == "events.jsonl":
            lines = data.splitlines()
            at = chance.randrange(len(lines))
            lines[at] = text_of(json_mutant(json.loads(lines[at]), chance), chance)
            return b"\n".join(lines) + b"\n"
        return bytes_mutant(data, chance, 64)

    def read(self, data: bytes) -> None:
        try:
            (self._folder / self._name).write_bytes(data)
            self._use()
        finally:
            (self._folder / self._name).write_bytes(self._files[self._name])

    def _use(self) -> None:
        from vae.data.prepared_text import PreparedText
        from vae.model.families.registry import build
        from vae.training.event_log import EventLog
        from vae.training.plan import Plan
        from vae.training.resume_state import load_state
        from vae.training.run_folder import Run

        run = Run(self._folder)
        EventLog(run.events).read()
        plan, data = Plan.load(run), PreparedText.load(self._folder)
        load_state(run, build(plan.config, len(data.tokenizer)))
        for block in range(len(data.train.bounds) - 1):
            data.train.block(block)


class Text:
    """A text of a visitor, as the server keeps it."""

    def __init__(self, folder: Path) -> None:
        from vae.text import corpus

        self.expected = corpus.CorpusError
        table = "text,label\n" + "".join(f"Sentence {i} is here.,{i % 3}\n" for i in range(40))
        self._data = corpus.read_corpus(table.encode(), "table.csv", label_column="label").to_json()

    def mutant(self, chance: Random) -> bytes:
        if chance.random() < 0.4:
            return bytes_mutant(self._data, chance)
        return text_of(json_mutant(json.loads(self._data), chance), chance)

    def read(self, data: bytes) -> None:
        from vae.text.corpus import Corpus

        corpus = Corpus.from_json(data)
        corpus.split()
        assert Corpus.from_json(corpus.to_json()) == corpus


class Rows:
    """The records of a server."""

    def __init__(self, folder: Path) -> None:
        from vae.serving.records import database, rows

        self.expected = database.RecordsError
        self._path = folder / "records.sqlite3"
        found = database.Records(self._path)
        for i in range(60):
            found.put(rows.VisitorRow(f"owner{i}", float(i)))
            found.put(rows.ModelRow(f"model{i}", f"owner{i}", "A model", "trained here", "vae", "", float(i)))
        found.close()
        self._data = self._path.read_bytes()

    def mutant(self, chance: Random) -> bytes:
        return bytes_mutant(self._data, chance, chance.choice((100, 4096, len(self._data))))

    def read(self, data: bytes) -> None:
        from vae.serving.records import database, rows

        for left in self._path.parent.glob("records.sqlite3-*"):
            left.unlink()
        self._path.write_bytes(data)
        found = database.Records(self._path)
        try:
            for kind in rows.ROW_TYPES:
                found.every(kind)
            found.put(rows.VisitorRow("new", 1.0))
            found.forget("owner7")
        finally:
            found.close()


class Document:
    """A document, book, workbook or archive that somebody brings, damaged or made to do harm; nothing is written."""

    _LAUGHS = "<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY i SYSTEM 'file:///etc/passwd'>]>"
    _ODD_NAMES = ("../../evil.txt", "/evil.txt", "C:\\evil.txt", "a" * 5000, "a\0b.txt", "\udce9", " ")
    _ODD_TEXT = ("&b;&i;", "x" * 3_000_000, "]]>", "&#0;", "&#xD800;", "<w:t>", "</w:p>", "\0", "1e999", "XFD1048576")

    def __init__(self, folder: Path) -> None:
        from support.documents import DOCUMENTS

        from vae.text.cleaning import CorpusError

        self.expected = CorpusError
        self._sources = [build() for build, _ in DOCUMENTS.values()]
        self._folder = folder
        os.chdir(folder)
        tempfile.tempdir = str(folder)

    def mutant(self, chance: Random) -> bytes:
        data = chance.choice(self._sources)
        if chance.random() < 0.3:
            return bytes_mutant(data, chance)
        if data.startswith(b"PK"):
            return self._archive(data, chance)
        for compress, decompress in ((gzip.compress, gzip.decompress), (bz2.compress, bz2.decompress)):
            with suppress(OSError):
                return self._packed(decompress(data), compress, chance)
        return self._markup(data, chance) if data.startswith(b"%PDF") else bytes_mutant(data, chance, 64)

    def _packed(self, text: bytes, compress: Callable[[bytes], bytes], chance: Random) -> bytes:
        """Compressed anew, and now and then many times, or with far too much in it."""
        kind = chance.randrange(4)
        if kind == 0:
            return compress(bytes(chance.choice((1_000_000, 30_000_000))))
        for _ in range(chance.choice((1, 2, 30))):
            text = compress(text if kind == 1 else bytes_mutant(text, chance))
        return text

    def _archive(self, data: bytes, chance: Random) -> bytes:
        """An archive anew, with a member that is changed, swapped, doubled, renamed, left out or an archive itself."""
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(name, archive.read(name)) for name in archive.namelist()]
        at = chance.randrange(len(members))
        name, content = members[at]
        kind = chance.randrange(8)
        if kind < 4:
            members[at] = name, self._markup(content, chance)
        elif kind == 4:
            members[at] = name, bytes_mutant(content, chance)
        elif kind == 5:
            members[at] = name, chance.choice((data, members[chance.randrange(len(members))][1], b""))
        elif kind == 6:
            members[at : at + 1] = [(chance.choice(self._ODD_NAMES), content)] * chance.choice((0, 1, 2, 300))
        else:
            chance.shuffle(members)
        out = io.BytesIO()
        method = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
        with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method) as archive:
            warnings.simplefilter("ignore")  # a name twice
            for name, content in members:
                with suppress(UnicodeEncodeError):
                    archive.writestr(name, content)
        whole = out.getvalue()
        return bytes_mutant(whole, chance) if chance.random() < 0.2 else whole

    def _markup(self, content: bytes, chance: Random) -> bytes:
        """XML, or the objects of a PDF, with numbers, texts, elements or references replaced, doubled or nested."""
        kind = chance.randrange(7)
        if kind == 0:
            return self._LAUGHS.encode() + content
        spans = [m.span() for m in re.finditer((rb"\d+", rb"(?<=>)[^<]+", rb"<[^>]*>", rb'"[^"]*"')[kind % 4], content)]
        if not spans:
            return bytes_mutant(content, chance)
        start, end = chance.choice(spans)
        found = content[start:end]
        odd = chance.choice(
            (b"0", b"-1", b"4294967296", b"99999999999", chance.choice(self._ODD_TEXT).encode("utf-8", "replace"))
        )
        if kind == 5:
            depth = chance.choice((2, 900, 50_000))
            odd = found * depth
        elif kind == 6:
            other = chance.choice(spans)
            odd = content[other[0] : other[1]]
        return content[:start] + odd + content[end:]

    def read(self, data: bytes) -> None:
        from vae.text.containers.registry import unpack

        try:
            unpack(data, "a", max_bytes=1_000_000)
        finally:
            assert not list(self._folder.iterdir()), "a file was written"


KINDS: dict[str, Callable[[Path], Any]] = {
    "model": Model, "run": RunFolder, "text": Text, "records": Rows, "document": Document,
}  # fmt: skip


# The child that reads them, and the parent that watches it -----------------------------------------------------------


def read_mutants(of: str, first: int, end: int) -> None:
    """Read mutants, and print a line before and behind each: its number, or what came of it and at what cost."""
    with tempfile.TemporaryDirectory() as folder:
        subject = KINDS[of](Path(folder))
        base = _used()[1]
        print("ready", flush=True)
        for number in range(first, end):
            chance = Random(f"{of} {number}")
            data = subject.mutant(chance)
            print(number, flush=True)
            begun = _used()[0]
            try:
                subject.read(data)
                outcome = "read"
            except subject.expected:
                outcome = "refused"
            except Exception as error:
                outcome = f"{type(error).__name__}: {error}"[:200]
            seconds, memory = _used()
            print(json.dumps([outcome, seconds - begun, (memory - base) / 1024]), flush=True)


def _used() -> tuple[float, int]:
    """Seconds of computing so far, and the most memory in kB, of this process and of those that it started."""
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in found), max(each.ru_maxrss for each in found)


def try_mutants(of: str, count: int, first: int = 0) -> dict[str, Any]:
    """What came of `count` mutants."""
    outcomes: Counter[str] = Counter()
    crashes: list[int] = []
    hangs: list[int] = []
    others: list[str] = []
    slowest = grown = 0.0
    number, end = first, first + count
    while number < end:
        command = [sys.executable, str(Path(__file__).resolve()), "--of", of, "--child", str(number), str(end)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT) as child:
            assert child.stdout is not None
            ready = began = False
            for line in _lines(child.stdout):
                if line is None:  # no word for long
                    child.kill()
                    hangs.append(number)
                    break
                if line == "ready":
                    ready = True
                elif line.startswith("["):
                    outcome, seconds, megabytes = json.loads(line)
                    outcomes[outcome if outcome in ("read", "refused") else "other"] += 1
                    if outcome not in ("read", "refused"):
                        others.append(f"{number}: {outcome}")
                    slowest, grown, began = max(slowest, seconds), max(grown, megabytes), False
                    if seconds > SLOW:
                        hangs.append(number)
                    number += 1
                else:
                    number, began = int(line), True
            child.wait()
            if not ready or (not began and number < end):
                raise RuntimeError(f"no mutant was made: run {' '.join(command)}")
            if began:
                if number not in hangs:
                    crashes.append(number)
                number += 1
    return {
        "of": of, "mutants": count, "refused": outcomes["refused"], "read": outcomes["read"], "crashes": len(crashes),
        "hangs": len(hangs), "other_errors": len(others), "slowest_s": round(slowest, 2), "memory_mb": round(grown, 1),
        "which": [*map(str, crashes), *map(str, hangs), *others][:20],
    }  # fmt: skip


def _lines(stream: IO[bytes]) -> Iterator[str | None]:
    """Its lines; None, and then the end, when none came for long."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        rest = b""
        while selector.select(STUCK):
            data = stream.read1(1 << 16)  # type: ignore[attr-defined]
            if not data:
                return
            *whole, rest = (rest + data).split(b"\n")
            yield from (line.decode() for line in whole)
    yield None


def main() -> None:
    """Try them, and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", choices=KINDS, default="model")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--child", type=int, nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        read_mutants(arguments.of, *arguments.child)
        return
    found = try_mutants(arguments.of, arguments.count, arguments.first)
    if arguments.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:12} {value}")


if __name__ == "__main__":
    main()
