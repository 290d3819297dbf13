"""Subtitles (srt, vtt, sbv, ass): what is said, without numbers, times, marks and notes of sounds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice

from vae.text.cleaning import split_lines
from vae.text.file_encoding import Text
from vae.text.records import Prose

_CLOCK = r"(?:\d{1,3}:)?\d{1,2}:\d{2}[.,:]\d{1,3}"
_TIMES = re.compile(rf"\s*{_CLOCK}\s*(?:-->|,)\s*{_CLOCK}(?:\s.*)?")
_SCRIPT = re.compile(r"\ufeff?\[Script Info\]")
_EVENT = re.compile(r"Dialogue:\s*(?:[^,]*,){9}(.*)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|<\d[\d:.]*>|\{\\[^{}]{0,200}\}|\{[a-z]:[^{}]{0,80}\}")
_SOUND = re.compile(r"[\[(（【♪♫#][^\[\]()（）【】]*[\])）】♪♫#]|[♪♫#*\s]+")
_SPEAKER = re.compile(
    r"(?:\[[^\[\]]{1,30}\]|\([^()]{1,30}\)|（[^（）]{1,20}）|[A-ZÀ-ÞА-Я][A-ZÀ-ÞА-Я .'’\d]{1,24}:(?=\s|$))\s*"
)
_DASH = re.compile(r"\s*(?:[-–—‐]|>>+)\s*(?=\S)")
_TURN = re.compile(r"(?<=[.!?…]) (?=[-–—] ?\S)")  # somebody else, on the same line
_CREDITS = re.compile(r"https?://|www\.|opensubtitles|\bsubtitles? by\b|\bsync(?:ed|hroni[sz]ed)? by\b", re.IGNORECASE)
_FIRST_PERSON = re.compile(r"I(?:['’]\w+)?\s")
_ENDS = tuple('.!?…"”»。！？؟♪)')
_MARKS = re.compile("[.!?…。！？؟।]")
_SAMPLE = 300  # lines of speech by which it is told whether a program wrote them
_SENTENCE = 12  # of such lines that one mark at least stands in, where somebody set them


def read_subtitles(text: Text, extension: str) -> Prose | None:
    """The speech of a file of subtitles, a paragraph each turn and sentence; None: it is no such file."""
    head = split_lines(text.head[:20_000])
    if sum(bool(_EVENT.match(line)) for line in head) >= 2 or _SCRIPT.match(text.head):
        return _speech_of(lambda: _events(text.lines()))
    times = sum(bool(_TIMES.fullmatch(line)) for line in head[:200])
    if not (times >= 2 or (times and extension in ("srt", "vtt", "sbv"))):
        return None
    return _speech_of(lambda: _cues(text.lines()))


def _speech_of(spoken: Callable[[], Iterator[tuple[int, str]]]) -> Prose:
    """The lines of speech joined to sentences; each by itself where a program heard them, and set no marks."""
    sample = [line for _, line in islice(spoken(), _SAMPLE)]
    if len(_MARKS.findall("\n".join(sample))) * _SENTENCE < len(sample):
        return Prose("subtitles", lambda: filter(None, _lines(spoken())), "lines")
    return Prose("subtitles", lambda: _lines(spoken()), "running")


def _lines(spoken: Iterator[tuple[int, str]]) -> Iterator[str]:
    """The lines of speech, with an empty one wherever a new sentence or somebody else begins."""
    before, cue_before = "", 0
    for cue, line in spoken:
        turn = _DASH.match(line)
        words = _SPEAKER.sub("", line[turn.end() :] if turn else line, count=1).strip()
        if not words or words == before:  # captions that roll show a line twice
            continue
        if before and (turn or not _goes_on(before, words, cue == cue_before)):
            yield ""
        yield words
        before, cue_before = words, cue


def _goes_on(before: str, words: str, same_cue: bool) -> bool:
    """Whether a line continues the sentence of the one before it."""
    if before.endswith(("…", "...")):
        return words[:1].islower() or words.startswith(("…", "..."))
    if before.endswith(_ENDS):
        return False
    return same_cue or words[:1].islower() or before.endswith((",", ";", ":", "-")) or bool(_FIRST_PERSON.match(words))


def _cues(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    """What stands below the times, line by line, each with the number of its cue."""
    cue, inside = 0, False
    for line in lines:
        bare = line.strip("\ufeff \t")
        if _TIMES.fullmatch(line):
            cue, inside = cue + 1, True
        elif not bare:
            inside = False
        elif inside:
            yield from ((cue, turn) for turn in _speech(bare))


def _events(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    """What stands in the last field of each event of a styled script, line by line, with the event's number."""
    for number, line in enumerate(lines):
        if event := _EVENT.match(line):
            yield from ((number, turn) for part in re.split(r"\\[Nn]", event[1]) for turn in _speech(part))


def _speech(line: str) -> Iterator[str]:
    """What is said on a line, by one or by several in turn."""
    if _CREDITS.search(line):
        return
    for turn in _TURN.split(_TAG.sub("", line).replace("\\h", " ").replace("\\N", " ").strip()):
        if turn and not _SOUND.fullmatch(turn):
            yield turn.strip("♪♫# ")
