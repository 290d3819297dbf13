"""What a run trains on, made ready once: a text of any size becomes a file of token ids and what else is needed.

A file is read in runs that are sorted by their sentences' hashes, and merged; what is distinct is cut into pieces and
written in blocks. Each part is kept, so that a killed preparation goes on where it was, and none is ever in memory as
a whole. A `Corpus` goes the same way without the runs: the same sentences give the same files.
"""

from __future__ import annotations

import errno
import json
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from vae.config.config import Config
from vae.data.deduplication import InMemory, Runs
from vae.data.prepared_folder import PreparedFolder
from vae.data.prepared_text import Prepared, clear, fits
from vae.data.token_file import TokenFile, TokenWriter
from vae.messages.message import UserError
from vae.system.files import atomic_write, claimed
from vae.text import corpus
from vae.text.cleaning import CorpusError
from vae.text.corpus import Corpus, Report
from vae.text.file_encoding import look
from vae.text.hashing import digests
from vae.text.text_file import TextFile
from vae.text.tokenizer import Tokenizer, train_tokenizer

MOST_SEEN = 1_000_000  # training sentences up to which a model keeps a list of their hashes, 4 bytes each
_FORMAT = "1"
_RUN = 65_536  # lines or records of a run
_HEAD = (50_000, 5_000_000)  # sentences and characters from which the held-out ones and the pieces are taken
_AT_ONCE = 16_384  # sentences cut into pieces at once
Control = Callable[[], str]


class BrokenOffError(UserError):
    """The preparation was ended before it was done, to be gone on with."""


def prepare(
    text: Corpus | TextFile, folder: Path, config: Config, *, tokenizer: Tokenizer | None = None,
    control: Control = lambda: "run",
) -> Prepared:  # fmt: skip
    """Make a text ready in a run's folder, or go on with what a killed process did of it there.

    Args:
        tokenizer: to cut it with; None learns one as `config` says.
        control: asked now and then while a file is prepared: anything but "run" breaks off.
    Raises:
        BrokenOffError: `control` wished so.
        CorpusError: the text cannot be used; nothing of it is kept.
        ValueError: another process prepares the same text in the same place.
        OSError: a file cannot be read or written, or the disk is full.
    """
    asked = [_FORMAT, tokenizer.model.hex() if tokenizer else (config.tokenizer, config.vocabulary)]
    try:
        if isinstance(text, Corpus):
            source = InMemory(text.sentences)
            key = _key(*asked, digests(text.sentences, 8).tobytes().hex())
            if not fits(folder, key):
                clear(folder)
                _write(source, folder, config, tokenizer, text.report).save(folder, key)
            return Prepared.load(folder)
        return _prepare_file(text, folder, config, tokenizer, asked, control)
    except OSError as error:
        if isinstance(text, Corpus) or error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise OSError(
            error.errno,
            "The disk is full: a text takes up to 3 times its size while it is prepared. Make room, and give the same "
            "command again; it goes on from here.",
        ) from error


def _prepare_file(
    text: TextFile, folder: Path, config: Config, tokenizer: Tokenizer | None, asked: list[Any], control: Control
) -> Prepared:
    opener = text.opener()
    text.say("Reading the text", False)
    looked = look(opener)
    key = _key(*asked, looked.digest, text.name, text.layout, text.column, text.max_characters)
    home = text.keep / key if text.keep else folder
    if not fits(home, key) or PreparedFolder(home).preparing.exists():
        home.mkdir(parents=True, exist_ok=True)
        with claimed(home) if text.keep else nullcontext():
            if not fits(home, key):  # nobody has finished it in between
                work = _Work(text, home, key, control)
                try:
                    report = work.read(*corpus.records(looked, text.name, layout=text.layout, column=text.column))
                    prepared = _write(work.runs, home, config, tokenizer, report, work.reached)
                except CorpusError:
                    shutil.rmtree(PreparedFolder(home).preparing, ignore_errors=True)
                    raise
                prepared.save(home, key)
                kept = len(prepared.train) + len(prepared.held_out)
                text.say(_summary(_with_repeated(report, kept)), True)
            shutil.rmtree(PreparedFolder(home).preparing, ignore_errors=True)
    if home != folder:
        Prepared.load(home).save(folder, key)
    return Prepared.load(folder)


class _Work:
    """The preparation of a file, as far as it is."""

    def __init__(self, text: TextFile, home: Path, key: str, control: Control) -> None:
        self.text, self.control = text, control
        folder = PreparedFolder(home).preparing
        of = folder / "key"
        if not of.exists() or of.read_text() != key:  # nothing yet, or of another text
            shutil.rmtree(folder, ignore_errors=True)
            clear(home)
            folder.mkdir()
            atomic_write(of, key.encode())
        self.runs = Runs(folder)

    def read(self, report: Report, found: Any) -> Report:
        """Read what is not yet read, clean and sort it. The counts: what is repeated still counts as kept."""
        about = self.runs.about
        sifted = corpus.sift(islice(found, sum(run["read"] for run in about), None), self.text.max_characters)
        while not about or about[-1]["read"] == _RUN:
            sentences, dropped = [], Counter[str]()
            for why, sentence, _ in islice(sifted, _RUN):
                if why:
                    dropped[why] += 1
                else:
                    sentences.append(sentence)
            self.runs.add(sentences, {"read": len(sentences) + dropped.total(), "dropped": dict(dropped)})
            self.reached(f"{sum(run['read'] for run in about):,} read")
        total: Counter[str] = Counter()
        for run in about:
            total.update(run["dropped"])
        read = sum(run["read"] for run in about)
        return replace(report, read=read, kept=read - total.total(), dropped=corpus.counted(total))

    def reached(self, what: str) -> None:
        """Say how far it is. Raises BrokenOffError: it is to end here."""
        if self.control() != "run":
            raise BrokenOffError("Stopped while the text was prepared. The same command goes on from here.")
        self.text.say(f"Preparing the text: {what}", False)


def _write(
    source: InMemory | Runs, home: Path, config: Config, tokenizer: Tokenizer | None, report: Report,
    reached: Callable[[str], None] = lambda _: None,
) -> Prepared:  # fmt: skip
    """Learn the pieces, cut the sentences into them, and write them; behind what is written already."""
    keys, head = _head(source)
    if len(head) < 2:
        raise CorpusError(corpus.too_few(_with_repeated(report, len(head))))
    held = corpus.held_out(min(len(head), _HEAD[0]))
    if tokenizer is None:
        reached("learning its pieces")
        tokenizer = train_tokenizer(head[held:], config.tokenizer, config.vocabulary)
    path = PreparedFolder(home).token_file
    with TokenWriter(path, len(tokenizer)) as writer:
        behind = keys[held - 1] if writer.last is None else writer.last
        for found, sentences in source.merged(behind):
            for start in range(0, len(sentences), _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                writer.add(found[part], tokenizer.encode(sentences[part]))
                reached(f"{writer.rows:,} sentences cut into pieces")
    train = TokenFile(path)
    longest = max(int(train.lengths_of(block).max()) for block in range(len(train.bounds) - 1))
    seen = np.empty(0, np.uint32)
    if len(train) <= MOST_SEEN:
        parts = [digests(sentences, 4) for _, sentences in source.merged(keys[held - 1])]
        seen = np.unique(np.concatenate(parts)).astype(np.uint32)
    return Prepared(tokenizer, train, head[:held], seen, min(4096, longest + 8))


def _head(source: InMemory | Runs) -> tuple[list[int], list[str]]:
    """The sentences of the lowest hashes, as good as drawn at random: what is held out, and what the pieces are
    learned from."""
    keys: list[int] = []
    head: list[str] = []
    characters = 0
    for found, sentences in source.merged():
        for key, sentence in zip(found.tolist(), sentences, strict=True):
            if len(head) >= _HEAD[0] and characters >= _HEAD[1]:
                return keys, head
            keys.append(key)
            head.append(sentence)
            characters += len(sentence)
    return keys, head


def _with_repeated(report: Report, distinct: int) -> Report:
    """The report of a file, whose repeated sentences were counted as kept."""
    dropped = {
        **dict(report.dropped),
        corpus.REPEATED: dict(report.dropped).get(corpus.REPEATED, 0) + report.kept - distinct,
    }
    return replace(report, kept=distinct, dropped=corpus.counted(dropped))


def _summary(report: Report) -> str:
    dropped = "".join(f"; {count:,} {why}" for why, count in report.dropped)
    return f"{report.read:,} read, {report.kept:,} kept{dropped}"


def _key(*parts: Any) -> str:
    """A name for a text that is prepared in one way."""
    return blake2b(json.dumps(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
