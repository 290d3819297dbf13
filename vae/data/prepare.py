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
from typing import Any, NamedTuple

import numpy as np

from vae.config.config import Config
from vae.config.fine_tuning import begins_anew
from vae.data.deduplication import SentencesInMemory, SortedRuns
from vae.data.prepared_folder import PreparedFolder
from vae.data.prepared_text import EVALUATED, PreparedText, is_prepared, remove_prepared
from vae.data.token_file import TokenFile, TokenWriter
from vae.messages.message import Message, UserError
from vae.system.files import atomic_write, locked_folder
from vae.text import corpus
from vae.text.cleaning import CorpusError
from vae.text.corpus import Corpus
from vae.text.file_encoding import open_text
from vae.text.hashing import digests
from vae.text.lexicon import Lexicon, lexicon_of
from vae.text.reading import read_records
from vae.text.records import Record
from vae.text.report import REPEATED, Report, dropped_counts, dropped_words, too_few_sentences
from vae.text.text_file import TextFile
from vae.text.tokenizer import Tokenizer, train_tokenizer

MAX_SEEN_HASHES = 1_000_000  # sentences up to which a model lists the hashes of all it learned from, 4 bytes each
_FORMAT = "3"
_RUN_SIZE = 65_536  # lines or records of a run
_HEAD_SENTENCES, _HEAD_CHARACTERS = 50_000, 5_000_000  # at least, of which some are held out, and pieces learned
_ENCODED_AT_ONCE = 16_384  # sentences
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
Control = Callable[[], str]
Source = SentencesInMemory | SortedRuns


class PreparationStoppedError(UserError):
    """The preparation was stopped before it was done; the next one continues it."""


class Base(NamedTuple):
    """What a fine-tuning takes from the model that it begins with, for its text.

    Args:
        tokenizer: to cut it with.
        seen: the 32-bit hashes of all that the model and its own bases learned from; None: too many to be listed.
        lexicon: the words that it knows.
    """

    tokenizer: Tokenizer
    seen: np.ndarray | None
    lexicon: Lexicon | None = None


def prepare(
    text: Corpus | TextFile, folder: Path, config: Config, *, validation: Corpus | TextFile | None = None,
    base: Base | None = None, control: Control = lambda: "run",
) -> PreparedText:  # fmt: skip
    """Make a text ready in a run's folder, or go on with what a killed process did of it there.

    Args:
        validation: sentences to hold out, all of them, of a file of its own (20 MB at most); None holds out some of
            the text's.
        base: of a fine-tuning; None learns a tokenizer as `config` says.
        control: asked now and then while a file is prepared: anything but "run" stops it.
    Raises:
        PreparationStoppedError: `control` wished so.
        CorpusError: the text cannot be used; nothing of it is kept.
        UserError: another process prepares the same text in the same place.
        OSError: a file cannot be read or written, or the disk is full.
    """
    held_out = None if validation is None else _sentences(validation)
    if isinstance(text, Corpus):
        return _prepare_corpus(text, folder, config, base, held_out)
    try:
        return _prepare_file(text, folder, config, base, held_out, control)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise OSError(error.errno, str(Message("data.disk_full"))) from error


def _sentences(validation: Corpus | TextFile) -> list[str]:
    """The sentences of a validation file, in its order."""
    if isinstance(validation, Corpus):
        return list(validation.sentences)
    if validation.is_large:
        size = validation.path.stat().st_size / 1e6
        raise CorpusError(Message("text.too_large", size=size, most=corpus.MAX_BYTES / 1e6))
    source = validation.source()
    text = open_text(source.opener, validation.options.encoding)
    report, records = read_records(text, source.name, validation.options)
    dropped, sentences = Counter[str](), list[str]()
    for reason, sentence, *_ in records:
        if reason:
            dropped[reason] += 1
        else:
            sentences.append(sentence)
    read, kept = len(sentences) + dropped.total(), sentences
    if not validation.keep_duplicates:
        kept = list(dict.fromkeys(sentences))
        dropped[REPEATED] += len(sentences) - len(kept)
    report = replace(report, read=read, kept=len(kept), dropped=dropped_counts(dropped))
    if not kept:
        raise CorpusError(too_few_sentences(report))
    validation.on_progress(_summary(report), True)
    return kept


def _prepare_corpus(
    text: Corpus, folder: Path, config: Config, base: Base | None, held_out: list[str] | None
) -> PreparedText:
    digest = digests(text.sentences, 8).tobytes().hex()
    key = _key(*_ways(config, base), digest, *_held_out_key(held_out))
    if not is_prepared(folder, key):
        remove_prepared(folder)
        _write(SentencesInMemory(text.sentences), folder, config, base, text.report, held_out).save(folder, key)
    return PreparedText.load(folder)


def _prepare_file(
    file: TextFile, folder: Path, config: Config, base: Base | None, held_out: list[str] | None,
    control: Control,
) -> PreparedText:  # fmt: skip
    file.on_progress(Message("data.reading"), False)
    source = file.source()
    text = open_text(source.opener, file.options.encoding)
    options = source.name, *astuple(file.options), *["duplicates"] * file.keep_duplicates
    key = _key(*_ways(config, base), text.digest, *options, *_held_out_key(held_out))
    home = file.cache_folder / key if file.cache_folder else folder
    if not is_prepared(home, key) or PreparedFolder(home).preparing_folder.exists():
        home.mkdir(parents=True, exist_ok=True)
        with locked_folder(home) if file.cache_folder else nullcontext():
            if not is_prepared(home, key):  # nobody has finished it in between
                work = _FilePreparation(file, home, key, control)
                try:
                    report, records = read_records(text, source.name, file.options)
                    report = work.read(replace(report, unpacked=source.unpacked), records)
                    prepared = _write(work.runs, home, config, base, report, held_out, work.progress)
                except CorpusError:
                    shutil.rmtree(PreparedFolder(home).preparing_folder, ignore_errors=True)
                    raise
                prepared.save(home, key)
                kept = len(prepared.train) + (0 if held_out else len(prepared.held_out))
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
        if not key_file.exists() or key_file.read_text("utf-8") != key:  # nothing yet, or of another text
            shutil.rmtree(folder, ignore_errors=True)
            remove_prepared(home)
            folder.mkdir()
            atomic_write(key_file, key.encode())
        self.runs = SortedRuns(folder, file.keep_duplicates)

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
    source: Source, home: Path, config: Config, base: Base | None, report: Report,
    held_out: list[str] | None, progress: Callable[[Message], None] = lambda _: None,
) -> PreparedText:  # fmt: skip
    """Learn the pieces, cut the sentences into them, and write them; behind what is written already.

    Without sentences of its own to hold out, the first ones are; what equals one of them is not learned from.
    """
    keys, head = _head(source)
    if len(head) < 2:
        raise CorpusError(too_few_sentences(_with_repeated(report, len(head))))
    validation = 0 if held_out else corpus.validation_size(min(len(head), _HEAD_SENTENCES))
    first = keys[validation - 1] if validation else None  # behind which the sentences to learn from are
    equal = frozenset(head[:validation])
    learned = np.False_ if base is None or begins_anew(config) else base.tokenizer.known  # before, and not forgotten
    if base is None:
        progress(Message("data.preparing_pieces"))
        tokenizer = train_tokenizer(head[validation:], config.tokenizer, config.vocabulary)
    else:
        tokenizer = base.tokenizer
    path = PreparedFolder(home).token_file
    with TokenWriter(path, len(tokenizer)) as writer:
        for window_keys, sentences in source.merged(first if writer.last is None else writer.last):
            for start in range(0, len(sentences), _ENCODED_AT_ONCE):
                rows = [i for i in range(start, len(sentences))[:_ENCODED_AT_ONCE] if sentences[i] not in equal]
                writer.add(window_keys[rows], tokenizer.encode([sentences[i] for i in rows]))
                progress(Message("data.preparing_encoded", count=writer.rows))
    if not writer.rows:
        raise CorpusError(too_few_sentences(_with_repeated(report, len(equal))))
    train = TokenFile(path)
    longest = max(int(train.lengths_of(block).max()) for block in range(len(train.bounds) - 1))
    before = np.empty(0, np.uint32) if base is None else base.seen
    seen = np.empty(0, np.uint32)
    if before is not None and len(train) <= MAX_SEEN_HASHES:
        parts = [digests([s for s in sentences if s not in equal], 4) for _, sentences in source.merged(first)]
        every = np.unique(np.concatenate([before, *parts])).astype(np.uint32)
        seen = every if len(every) <= MAX_SEEN_HASHES else seen
    tokenizer = Tokenizer(tokenizer.model, learned | train.used(len(tokenizer)))
    evaluated, held_out = len(held_out) if held_out else EVALUATED, held_out or head[:validation]
    learned_from = (s for _, sentences in source.merged(first) for s in sentences if s not in equal)
    lexicon = lexicon_of(learned_from, held_out, base.lexicon if base else None)
    return PreparedText(tokenizer, train, held_out, seen, min(4096, longest + 8), evaluated, lexicon)


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


def _ways(config: Config, base: Base | None) -> tuple[Any, ...]:
    """What decides, beside the text, what is made of it: for its key."""
    if base is None:
        return _FORMAT, (config.tokenizer, config.vocabulary)
    seen = None if base.seen is None else blake2b(base.seen.tobytes(), digest_size=16).hexdigest()
    known = np.packbits(base.tokenizer.known).tobytes().hex()
    words = base.lexicon and blake2b(base.lexicon.hashes.tobytes(), digest_size=16).hexdigest()
    return _FORMAT, base.tokenizer.model.hex(), known, seen, words, begins_anew(config)


def _held_out_key(held_out: list[str] | None) -> list[str]:
    """What sentences of their own to hold out add to the key of a text."""
    return [digests(held_out, 8).tobytes().hex()] if held_out else []


def _key(*parts: Any) -> str:
    """A name for a text that is prepared in one way."""
    return blake2b(json.dumps(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
