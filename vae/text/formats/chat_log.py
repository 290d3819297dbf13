"""Chats as phones and programs save them: a stamp, a name and a message, which may have several lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

from vae.text.cleaning import split_lines
from vae.text.file_encoding import Text
from vae.text.formats.chat_notes import own_words, visible
from vae.text.records import SAMPLE_ROWS, Record, Table, clean_label
from vae.text.report import CHAT_NOTE

_SNIFFED_LINES = 200
_LONGEST_START = 200  # characters that hold a stamp and a name
_DATE = r"\d{1,4}\s?[./\-\u5e74\ub144]\s?\d{1,2}\s?[./\-\u6708\uc6d4]\s?\d{1,4}[.\u65e5\uc77c]?"
_NAMED_DATE = (
    r"(?:\d{1,2}\.? [^\W\d]{3,12}\.?,? \d{2,4}|[^\W\d]{3,12}\.? \d{1,2},? \d{2,4}|\d{1,2}-[^\W\d]{3,5}-\d{2,4})"
)
_HALF = r"[^\W\d_](?:[^\W\d_]|[.\s\u0300-\u036f]){0,8}"  # of the day: AM, p. m., nachm., 오후, 上午
_TIME = rf"(?:{_HALF})?\s?\d{{1,2}}[:.]\d{{2}}(?:[:.]\d{{2}})?(?:\s?{_HALF}(?=\s?[\]\-–—)]|: ))?"
_WHEN = rf"(?:{_DATE}|{_NAMED_DATE})(?:,|،|\.| at| um| à| kl\.?| klo| o)?\s+{_TIME}"
# 12/03/2024, 09:14 - Ann: Hello        [12.03.24, 09:14:05] Ann: Hello
_PHONE = re.compile(rf"(?:\[\s?(?P<a>{_WHEN})\s?\]|\(?(?P<b>{_WHEN})\)?\s?[-–—:])\s+(?P<rest>.*)", re.DOTALL)
_IN_BRACKETS = re.compile(rf"\[(?P<a>{_WHEN}|{_TIME})\]\s+(?P<rest>.*)", re.DOTALL)
# [09:14] <ann> Hello        09:14 <ann> Hello
_RELAY = re.compile(
    rf"(?P<a>\[?(?:{_DATE}\s)?{_TIME}\]?)\s+<[@+%&~ ]?(?P<name>[^<>\s]{{1,40}})>\s(?P<text>.*)", re.DOTALL
)
# [Ann] [오후 9:14] Hello
_NAME_FIRST = re.compile(rf"\[(?P<name>[^\[\]]{{1,40}})\] \[(?P<a>{_TIME})\] (?P<text>.*)", re.DOTALL)
# 09:14<tab>Ann<tab>Hello
_TABBED = re.compile(rf"(?P<a>{_TIME})\t(?P<name>[^\t]{{1,40}})\t(?P<text>.*)", re.DOTALL)
# Ann, [12/03/2024 09:14]        and the message below
_ABOVE = re.compile(rf"(?P<rest>[^,:\[\]\n]{{1,60}}),? \[(?P<a>{_WHEN})\]:?\s*")
_DAY = re.compile(rf"[\s-]*{_DATE}\s?(?:\(\w{{1,3}}\)|\w{{1,12}})?[\s-]*")
_STAMP = re.compile(rf"\[?(?:{_DATE}\s)?{_TIME}\]?\s")
_NAMED = re.compile(r"(?P<name>[^:\n\"“”«»]{1,60}?)\s?:\s(?P<text>.*)", re.DOTALL)
_BARE_NAME = re.compile(r"(?P<name>[^:\n]{1,60}):")
# Ann: Hello
_SAID = re.compile(r"(?P<name>[^\W\d_][\w.'’-]{0,24}(?: [\w.'’-]{1,24}){0,2}):\s(?P<text>.*)", re.DOTALL)
_PATTERNS = (_PHONE, _RELAY, _NAME_FIRST, _IN_BRACKETS, _TABBED, _ABOVE, _SAID)


@dataclass(slots=True)
class ChatMessage:
    """What stands between two stamps; `name` is empty where nobody said it."""

    when: str
    name: str
    lines: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def read_chat(text: Text, extension: str) -> Table | None:
    """The messages of a chat, with who wrote them and when as possible labels; None: it is none."""
    if extension not in ("txt", "log", "chat", ""):
        return None
    pattern, headed = _pattern_of(split_lines(text.head[:40_000])[:_SNIFFED_LINES])
    if pattern is None:
        return None

    def messages() -> Iterator[ChatMessage]:
        return _messages(text.lines(), pattern, headed)

    sample = [message for message in islice(messages(), SAMPLE_ROWS) if message.name]
    texts = tuple(words for message in sample if (words := own_words(message.text)))
    samples = texts, tuple(message.name for message in sample), tuple(message.when for message in sample)

    def read(column: int, label: int | None) -> Iterator[Record]:
        for message in messages():
            fields = (own_words(message.text) if message.name else None, message.name, message.when)
            if (found := fields[column]) is None or fields[0] is None:
                yield Record(CHAT_NOTE, "")
            else:
                yield Record("", found, "" if label is None else clean_label(fields[label]))

    return Table("chat", ("message", "name", "time"), samples, read, text_column=0)


def _pattern_of(lines: list[str]) -> tuple[re.Pattern[str] | None, bool]:
    """How the messages of a chat begin, and whether a line of its own names who writes; (None, False): it is none."""
    filled = [line for line in lines if line.strip()]
    for pattern in _PATTERNS:
        starts = [(i, found) for i, line in enumerate(filled) if (found := _start(line, pattern))]
        if len(starts) < 2 or starts[0][0] > 3 or len(starts) * 6 < len(filled):
            continue
        if pattern is _SAID:  # without stamps: nearly every line is said by somebody who says more than that
            names = {found["name"] for _, found in starts}
            if len(starts) < 4 or len(starts) * 10 < 9 * len(filled) or len(names) * 2 > len(starts):
                continue
            return pattern, False
        if pattern is _ABOVE:
            return pattern, True
        if pattern is _PHONE or pattern is _IN_BRACKETS:
            named = sum(bool(_split_name(found["rest"])[0]) for _, found in starts)
            if named * 2 >= len(starts):
                return pattern, False
            gaps = [b - a for (a, _), (b, _) in pairwise(starts)]
            if named == 0 and gaps and min(gaps) >= 2 and all(len(found["rest"]) <= 60 for _, found in starts):
                return pattern, True
        else:
            return pattern, False
    return None, False


def _start(line: str, pattern: re.Pattern[str]) -> re.Match[str] | None:
    seen = visible(line[:_LONGEST_START]).lstrip() + line[_LONGEST_START:]
    return (pattern.fullmatch if pattern is _ABOVE else pattern.match)(seen)


def _messages(lines: Iterable[str], pattern: re.Pattern[str], headed: bool) -> Iterator[ChatMessage]:
    """The messages, each with all of its lines."""
    current: ChatMessage | None = None
    for line in lines:
        found = _start(line, pattern)
        if found is None:
            if pattern is _RELAY and _STAMP.match(line):  # who came, who went
                if current is not None:
                    yield current
                current = ChatMessage("", "", [line])
            elif current is not None and not _DAY.fullmatch(line[:60]):
                current.lines.append(line)
            continue
        if current is not None:
            yield current
        parts = found.groupdict()
        when = parts.get("a") or parts.get("b") or ""
        if "text" in parts:
            current = ChatMessage(when, parts["name"], [parts["text"]])
        elif headed:
            current = ChatMessage(when, parts["rest"].strip(), [])
        else:
            name, words = _split_name(_as_written(line, parts["rest"]))
            current = ChatMessage(when, name, [words])
    if current is not None:
        yield current


def _as_written(line: str, rest: str) -> str:
    """The end of a line with its marks, of which one tells a note: `rest` is what is seen of it."""
    begin = len(line)
    for character in reversed(rest):
        begin = line.rfind(character, 0, begin)
    return line[max(begin, 0) :]


def _split_name(rest: str) -> tuple[str, str]:
    """Who says what; ("", all of it) where nobody does."""
    found = _NAMED.match(rest)
    if found:
        return visible(found["name"]).strip(" ~\u202f\xa0"), found["text"]
    bare = _BARE_NAME.fullmatch(rest.rstrip())
    return (visible(bare["name"]).strip(), "") if bare else ("", rest)
