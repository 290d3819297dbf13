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
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import astuple, replace
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from vae.config.config import Config
from vae.data.deduplication import SentencesInMemory, SortedRuns
from vae.data.prepared_folder import PreparedFolder
from vae.data.prepared_text import PreparedText, is_prepared, remove_prepared
from vae.data.token_file import TokenFile, TokenWriter
from vae.messages.message import Message, UserError
from vae.system.files import atomic_write, locked_folder
from vae.text import corpus
from vae.text.cleaning import CorpusError
from vae.text.corpus import Corpus
from vae.text.file_encoding import open_text
from vae.text.hashing import digests
from vae.text.reading import read_records
from vae.text.records import Record
from vae.text.report import REPEATED, Report, dropped_counts, dropped_words, too_few_sentences
from vae.text.text_file import TextFile
from vae.text.tokenizer import Tokenizer, train_tokenizer

MAX_SEEN_HASHES = 1_000_000  # training sentences up to which a model keeps a list of their hashes, 4 bytes each
_FORMAT = "2"
_RUN_SIZE = 65_536  # lines or records of a run
_HEAD_SENTENCES, _HEAD_CHARACTERS = 50_000, 5_000_000  # at least, of which some are held out, and pieces learned
_ENCODED_AT_ONCE = 16_384  # sentences
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
Control = Callable[[], str]
Source = SentencesInMemory | SortedRuns


class PreparationStoppedError(UserError):
    """The preparation was stopped before it was done; the next one continues it."""


def prepare(
    text: Corpus | TextFile, folder: Path, config: Config, *, tokenizer: Tokenizer | None = None,
    control: Control = lambda: "run",
) -> PreparedText:  # fmt: skip
    """Make a text ready in a run's folder, or go on with what a killed process did of it there.

    Args:
        tokenizer: to cut it with; None learns one as `config` says.
        control: asked now and then while a file is prepared: anything but "run" stops it.
    Raises:
        PreparationStoppedError: `control` wished so.
        CorpusError: the text cannot be used; nothing of it is kept.
        UserError: another process prepares the same text in the same place.
        OSError: a file cannot be read or written, or the disk is full.
    """
    if isinstance(text, Corpus):
        return _prepare_corpus(text, folder, config, tokenizer)
    try:
        return _prepare_file(text, folder, config, tokenizer, control)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise OSError(error.errno, str(Message("data.disk_full"))) from error


def _prepare_corpus(text: Corpus, folder: Path, config: Config, tokenizer: Tokenizer | None) -> PreparedText:
    key = _key(*_tokenization(config, tokenizer), digests(text.sentences, 8).tobytes().hex())
    if not is_prepared(folder, key):
        remove_prepared(folder)
        _write(SentencesInMemory(text.sentences), folder, config, tokenizer, text.report).save(folder, key)
    return PreparedText.load(folder)


def _prepare_file(
    file: TextFile, folder: Path, config: Config, tokenizer: Tokenizer | None, control: Control
) -> PreparedText:
    file.on_progress(Message("data.reading"), False)
    source = file.source()
    text = open_text(source.opener, file.options.encoding)
    key = _key(*_tokenization(config, tokenizer), text.digest, source.name, *astuple(file.options))
    home = file.cache_folder / key if file.cache_folder else folder
    if not is_prepared(home, key) or PreparedFolder(home).preparing_folder.exists():
        home.mkdir(parents=True, exist_ok=True)
        with locked_folder(home) if file.cache_folder else nullcontext():
            if not is_prepared(home, key):  # nobody has finished it in between
                work = _FilePreparation(file, home, key, control)
                try:
                    report, records = read_records(text, source.name, file.options)
                    report = work.read(replace(report, unpacked=source.unpacked), records)
                    prepared = _write(work.runs, home, config, tokenizer, report, work.progress)
                except CorpusError:
                    shutil.rmtree(PreparedFolder(home).preparing_folder, ignore_errors=True)
                    raise
                prepared.save(home, key)
                kept = len(prepared.train) + len(prepared.held_out)
                file.on_progress(_summary(_with_repeated(report, kept)), True)
            shutil.rmtree(PreparedFolder(home).preparing_folder, ignore_errors=True)
    if home != folder:
        PreparedText.load(home).save(folder, key)
    return PreparedText.load(folder)


class _FilePreparation:
    """The preparation of a file, as far as it is."""

    def __init__(self, file: TextFile, home: Path, key: str, control: Control) -> None:
        self._file, self._control = file, control
        folder = PreparedFolder(home).preparing_folder
        key_file = folder / "key"
        if not key_file.exists() or key_file.read_text() != key:  # nothing yet, or of another text
            shutil.rmtree(folder, ignore_errors=True)
            remove_prepared(home)
            folder.mkdir()
            atomic_write(key_file, key.encode())
        self.runs = SortedRuns(folder)

    def read(self, report: Report, records: Iterator[Record]) -> Report:
        """Read what is not yet read, clean and sort it. The counts: what is repeated still counts as kept."""
        runs = self.runs.metadata
        unread = islice(records, sum(run["read"] for run in runs), None)
        while not runs or runs[-1]["read"] == _RUN_SIZE:
            sentences, dropped, split = [], Counter[str](), 0
            for record in islice(unread, _RUN_SIZE):
                split += record.pieces > 1
                if record.reason:
                    dropped[record.reason] += 1
                else:
                    sentences.append(record.text)
            counts = {"read": len(sentences) + dropped.total(), "dropped": dict(dropped), "split": split}
            self.runs.add(sentences, counts)
            if len(runs) == 1 and sentences:
                self._file.on_report(report)
            self.progress(Message("data.preparing_read", count=sum(run["read"] for run in runs)))
        total: Counter[str] = Counter()
        for run in runs:
            total.update(run["dropped"])
        read = sum(run["read"] for run in runs)
        by_reason, split_cells = dropped_counts(total), sum(run["split"] for run in runs)
        return replace(report, read=read, kept=read - total.total(), dropped=by_reason, cells_split=split_cells)

    def progress(self, message: Message) -> None:
        """Tell how far it is. Raises PreparationStoppedError: it is to end here."""
        if self._control() != "run":
            raise PreparationStoppedError(Message("data.preparation_stopped"))
        self._file.on_progress(message, False)


def _write(
    source: Source, home: Path, config: Config, tokenizer: Tokenizer | None, report: Report,
    progress: Callable[[Message], None] = lambda _: None,
) -> PreparedText:  # fmt: skip
    """Learn the pieces, cut the sentences into them, and write them; behind what is written already."""
    keys, head = _head(source)
    if len(head) < 2:
        raise CorpusError(too_few_sentences(_with_repeated(report, len(head))))
    validation = corpus.validation_size(min(len(head), _HEAD_SENTENCES))
    if tokenizer is None:
        progress(Message("data.preparing_pieces"))
        tokenizer = train_tokenizer(head[validation:], config.tokenizer, config.vocabulary)
    path = PreparedFolder(home).token_file
    with TokenWriter(path, len(tokenizer)) as writer:
        after = keys[validation - 1] if writer.last is None else writer.last
        for window_keys, sentences in source.merged(after):
            for start in range(0, len(sentences), _ENCODED_AT_ONCE):
                part = slice(start, start + _ENCODED_AT_ONCE)
                writer.add(window_keys[part], tokenizer.encode(sentences[part]))
                progress(Message("data.preparing_encoded", count=writer.rows))
    train = TokenFile(path)
    longest = max(int(train.lengths_of(block).max()) for block in range(len(train.bounds) - 1))
    seen = np.empty(0, np.uint32)
    if len(train) <= MAX_SEEN_HASHES:
        parts = [digests(sentences, 4) for _, sentences in source.merged(keys[validation - 1])]
        seen = np.unique(np.concatenate(parts)).astype(np.uint32)
    return PreparedText(tokenizer, train, head[:validation], seen, min(4096, longest + 8))


def _head(source: Source) -> tuple[list[int], list[str]]:
    """The sentences of the lowest hashes, as good as drawn at random, and these hashes."""
    keys: list[int] = []
    head: list[str] = []
    characters = 0
    for window_keys, sentences in source.merged():
        for key, sentence in zip(window_keys.tolist(), sentences, strict=True):
            if len(head) >= _HEAD_SENTENCES and characters >= _HEAD_CHARACTERS:
                return keys, head
            keys.append(key)
            head.append(sentence)
            characters += len(sentence)
    return keys, head


def _with_repeated(report: Report, distinct: int) -> Report:
    """The report of a file, whose repeated sentences were counted as kept."""
    dropped = Counter(dict(report.dropped))
    dropped[REPEATED] += report.kept - distinct
    return replace(report, kept=distinct, dropped=dropped_counts(dropped))


def _summary(report: Report) -> Message:
    summary = Message("data.summary", read=report.read, kept=report.kept)
    for dropped in dropped_words(report):
        summary = Message("data.summary_and_dropped", summary=summary, dropped=dropped)
    return summary


def _tokenization(config: Config, tokenizer: Tokenizer | None) -> tuple[Any, Any]:
    """What a text is cut with, for its key."""
    return _FORMAT, tokenizer.model.hex() if tokenizer else (config.tokenizer, config.vocabulary)


def _key(*parts: Any) -> str:
    """A name for a text that is prepared in one way."""
    return blake2b(json.dumps(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
