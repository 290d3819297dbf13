"""What nobody needs any more is removed: files that no row names, rows without their files, visitors long absent."""

from __future__ import annotations

import logging
import shutil
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from vae.serving.jobs.job import ENDED, RESTING
from vae.serving.records.database import Records
from vae.serving.records.rows import ComparisonRow, CorpusRow, ModelRow, RunRow, ShareRow, VisitorRow

MIN_AGE = 600.0  # seconds for which nothing is touched: a file is written before its row
_UPLOAD_AGE = 6 * 3600.0  # seconds after which nobody still sends or reads an upload
_ENDINGS = {"models": ".safetensors", "corpora": ".json"}
_log = logging.getLogger(__name__)


def sweep(
    data: Path, records: Records, keep_hours: float | None = None, *, forget: Callable[[str], object] | None = None,
    uploads: Path | None = None, min_age: float = MIN_AGE,
) -> dict[str, int]:  # fmt: skip
    """Clean up a data folder, also while it is in use; returns how many of what went. What cannot be removed now stays
    until the next time.

    Args:
        keep_hours: visitors who were last seen longer ago go, unless they have a run under way; None: nobody goes.
        forget: lets a visitor go, by owner; None removes their rows, and so in the end their files.
        uploads: the folder in which what browsers send arrives; what is old in there goes.
        min_age: seconds for which what was made or changed is let alone.
    """
    removed: Counter[str] = Counter()
    before = time.time() - min_age
    for owner in _absent(records, keep_hours, before):
        (forget or records.forget)(owner)
        removed["visitors"] += 1
    removed += _drop_orphans(data, records, before)
    known = {"models": {row.id for row in records.every(ModelRow)}}
    known["corpora"] = {row.id for row in records.every(CorpusRow)}
    for name, ending in _ENDINGS.items():
        for path in _entries(data / name):
            if path.name.removesuffix(ending) not in known[name] or not path.name.endswith(ending):
                removed[name] += 0 if _has_other_name(path) else _remove(path, before)
    runs = {row.id for row in records.every(RunRow)}
    for path in _entries(data / "runs"):
        if path.is_dir() and not path.is_symlink():
            if path.name not in runs:
                removed["runs"] += _remove(path, before)
            else:
                removed["temporaries"] += sum(_remove(temporary, before) for temporary in path.glob(".*.tmp"))
    for folder in (data, data / "runs"):
        for path in _entries(folder):
            if path.match(".*.tmp"):
                removed["temporaries"] += _remove(path, before)
    if uploads is not None:
        removed["uploads"] += sum(_remove(path, time.time() - _UPLOAD_AGE) for path in _entries(uploads))
    found = {what: count for what, count in removed.items() if count}
    if found:
        words = ", ".join(f"{count} {what}" for what, count in found.items())
        _log.info("swept: %s", words, extra={"event": "swept", "fields": found})
    return found


def _absent(records: Records, keep_hours: float | None, before: float) -> set[str]:
    """Owners who may go: not seen for long, or not known as visitors though something is theirs."""
    with records.transaction():
        visitors = records.every(VisitorRow)
        busy = {row.owner for row in records.every(RunRow) if row.state not in RESTING}
        belongings: list[CorpusRow | ModelRow | RunRow | ShareRow | ComparisonRow] = [
            *records.every(CorpusRow), *records.every(ModelRow), *records.every(RunRow), *records.every(ShareRow),
            *records.every(ComparisonRow),
        ]  # fmt: skip
    known = {row.owner for row in visitors}
    newest: dict[str, float] = {}
    for row in belongings:
        newest[row.owner] = max(newest.get(row.owner, 0.0), row.created)
    absent = {owner for owner, made in newest.items() if owner not in known and made < before}
    if keep_hours is not None:
        long_ago = time.time() - 3600 * keep_hours
        absent |= {row.owner for row in visitors if row.seen < long_ago}
    return absent - busy


def _drop_orphans(data: Path, records: Records, before: float) -> Counter[str]:
    """Remove rows of which the file is gone, texts that their visitor has replaced, and shares of what is gone."""
    removed: Counter[str] = Counter()
    with records.transaction():
        texts = {row.corpus for row in records.every(VisitorRow)}
        for text in records.every(CorpusRow):
            missing = not (data / "corpora" / f"{text.id}.json").exists()
            if text.created < before and (missing or text.id not in texts):
                records.drop(CorpusRow, id=text.id)
                removed["rows"] += 1
        for model in records.every(ModelRow):
            if model.created < before and not (data / "models" / f"{model.id}.safetensors").exists():
                records.drop(ModelRow, id=model.id)
                removed["rows"] += 1
        for run in records.every(RunRow):  # of one that has not ended, its owner is told first
            if run.created < before and run.state in ENDED and not (data / "runs" / run.id).exists():
                records.drop(RunRow, id=run.id)
                removed["rows"] += 1
        targets = {
            "model": {row.id for row in records.every(ModelRow)},
            "run": {row.id for row in records.every(RunRow)},
        }
        for share in records.every(ShareRow):
            if share.created < before and share.target not in targets.get(share.kind, ()):
                records.drop(ShareRow, code=share.code)
                removed["rows"] += 1
    return removed


def _entries(folder: Path) -> Iterator[Path]:
    with suppress(OSError):  # there is none
        yield from list(folder.iterdir())


def _has_other_name(path: Path) -> bool:
    """Whether a file has another name: it is as old as that, but its row may be on its way, and it takes no space."""
    try:
        found = path.lstat()
    except OSError:  # it has gone
        return False
    return stat.S_ISREG(found.st_mode) and found.st_nlink > 1


def _remove(path: Path, before: float) -> int:
    """Remove a file or a folder if nothing in it was changed since; returns how many went."""
    try:
        if _newest_change([path, *(() if path.is_symlink() else path.rglob("*"))]) >= before:
            return 0
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        _log.warning("something old could not be removed: %s", error.strerror)
        return 0
    return 1


def _newest_change(paths: Iterable[Path]) -> float:
    """When the newest of some files was changed, in seconds since 1970."""
    return max(path.lstat().st_mtime for path in paths)
