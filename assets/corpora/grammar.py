"""A small template language that writes sentences from patterns and word lists.

A words file holds lists. `[fruit: one, many]` opens a list and names its columns; the first column is what a
bare `{fruit}` gives, and a list without names has a single column. Each line below is an entry, its columns
divided by `|`, and `a/b` in a column is a choice. `=they` at the end of an entry says how it agrees (I, you,
he, she, it, we or they; `it` unless told). `@other` stands for any entry of another list. Repeating a line
makes it likelier.

A patterns file holds one sentence a line, under headings `## label label`. In a pattern

    (a|b)           one of the choices
    (|a|b)          nothing in half of the cases, else one of the choices
    {fruit}         an entry of a list; the same slot again is the same entry, {fruit2} is a different one
    {fruit.many}    another column of it
    {who.their}     its pronoun: they, them or their
    {who:bake}      a verb in the present that agrees with it; be, was, have and don't are known too
    {who:chore}     an entry of a list of verb phrases, agreeing; or {who:chore.past}, .base, .ing, .done
    {who?ist/sind}  the first for a singular, the second for a plural
    a               becomes "an" where the next word needs it

`{their}` within a verb phrase refers to its subject.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeVar

Item = TypeVar("Item")

FORMS = ("they", "them", "their", "be", "was")
PRONOUNS = {
    "I": ("I", "me", "my", "am", "was"),
    "you": ("you", "you", "your", "are", "were"),
    "he": ("he", "him", "his", "is", "was"),
    "she": ("she", "her", "her", "is", "was"),
    "it": ("it", "it", "its", "is", "was"),
    "we": ("we", "us", "our", "are", "were"),
    "they": ("they", "them", "their", "are", "were"),
}
THIRD_PERSON = {"have": "has", "don't": "doesn't"}
CHOICE = re.compile(r"\(([^()]*)\)")
SLOT = re.compile(r"\{([A-Za-z]+)(\d?)(?:([.:?])([^{}]*))?\}")
# Before a vowel's letter, unless it sounds like "you" or "one" (uniform, useful, European), and a silent h.
VOWEL = r"(?:[aeiou]|hour|honest)(?!(?<=u)(?:ni|s[eu])|(?<=o)ne\b|(?<=e)u)"
ARTICLE = re.compile(rf"\b(a) (?={VOWEL})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list: its columns, and the pronoun that it agrees with."""

    columns: tuple[str, ...]
    pronoun: str


@dataclass(frozen=True, slots=True)
class WordList:
    """The names of a list's columns, and its entries (a string is the name of another list)."""

    columns: tuple[str, ...]
    entries: list[Entry | str]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A template, the labels of whatever it writes, and where it stands (`file:line`)."""

    template: str
    labels: tuple[str, ...]
    place: str


def read_verbs(path: Path) -> dict[str, tuple[str, ...]]:
    """The irregular verbs of a file: base to (past, participle, -ing)."""
    lines = path.read_text("utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return {row[0]: tuple(row[1:]) for row in rows}


def read_words(path: Path) -> dict[str, WordList]:
    """The lists of a words file, by name; ValueError where a name comes twice."""
    words: dict[str, WordList] = {}
    entries: list[Entry | str] = []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            name, _, columns = line.strip("[]").partition(":")
            if name in words:
                raise ValueError(f"{path.name} has two lists named {name}")
            entries = []
            words[name] = WordList(tuple(column.strip() for column in columns.split(",")), entries)
        elif line.startswith("@"):
            entries.append(line[1:])
        elif line and not line.startswith("#"):
            text, _, pronoun = line.partition("=")
            entries.append(Entry(tuple(part.strip() for part in text.split("|")), pronoun or "it"))
    return words


def read_patterns(path: Path) -> list[Pattern]:
    """The patterns of a file, in order."""
    patterns: list[Pattern] = []
    labels: tuple[str, ...] = ()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.startswith("## "):
            labels = tuple(line[3:].split())
        elif line and not line.startswith("#"):
            patterns.append(Pattern(line, labels, f"{path.name}:{number}"))
    return patterns


def inflect(verb: str, form: str, pronoun: str, irregular: Mapping[str, Sequence[str]]) -> str:
    """An English verb as `present` (agreeing with the pronoun), `base`, `past`, `done` or `ing`."""
    if verb in ("be", "was"):
        return PRONOUNS[pronoun][FORMS.index(verb)]
    y_changes = re.search(r"[^aeiou]y$", verb) is not None
    if form == "base" or (form == "present" and pronoun not in ("he", "she", "it")):
        return verb
    if form == "present":
        ending = "es" if re.search(r"(?:[sxzo]|ch|sh)$", verb) else "s"
        return THIRD_PERSON.get(verb) or (verb[:-1] + "ies" if y_changes else verb + ending)
    if verb in irregular:
        return irregular[verb][("past", "done", "ing").index(form)]
    if form == "ing":
        return (verb[:-1] if re.search(r"[^e]e$", verb) else verb) + "ing"
    return verb[:-1] + "ied" if y_changes else verb + ("d" if verb.endswith("e") else "ed")


class Writer:
    """Writes sentences of patterns with one set of word lists."""

    def __init__(self, words: Mapping[str, WordList], irregular: Mapping[str, Sequence[str]]) -> None:
        self._words = words
        self._irregular = irregular

    def sentence(self, pattern: Pattern, rng: Random) -> str:
        """A random sentence of the pattern; ValueError, naming the place, for a slot that means nothing."""
        try:
            text = self._fill(pattern.template, {}, "it", rng)
        except (KeyError, ValueError, IndexError) as error:
            raise ValueError(f"{pattern.place}: {error!r} in {pattern.template}") from error
        text = ARTICLE.sub(r"\1n ", re.sub(r" +(?=[ ,.?!])", "", text))
        return text[0].upper() + text[1:]

    def _fill(self, text: str, chosen: dict[str, Entry], subject: str, rng: Random) -> str:
        while match := CHOICE.search(text):  # the innermost first
            choices = match[1].split("|")
            choice = "" if choices[0] == "" and rng.random() < 0.5 else _pick(choices, rng)
            text = text[: match.start()] + choice + text[match.end() :]
        return SLOT.sub(lambda match: self._slot(match, chosen, subject, rng), text)

    def _slot(self, match: re.Match[str], chosen: dict[str, Entry], subject: str, rng: Random) -> str:
        name, number, kind, rest = match.groups()
        if name in FORMS:
            return PRONOUNS[subject][FORMS.index(name)]
        entry = self._entry(name, number, chosen, rng)
        if kind == "?":
            return str(rest).split("/")[entry.pronoun == "they"]
        if kind == ":":
            return self._verb(rest, entry.pronoun, chosen, rng)
        if kind == "." and rest in FORMS:
            return PRONOUNS[entry.pronoun][FORMS.index(rest)]
        column = self._words[name].columns.index(rest) if kind else 0
        return self._fill(_pick(entry.columns[column].split("/"), rng), chosen, subject, rng)

    def _verb(self, verb: str, pronoun: str, chosen: dict[str, Entry], rng: Random) -> str:
        name, _, form = verb.partition(".")
        bare = name.rstrip("0123456789")
        if bare not in self._words:
            return inflect(verb, "present", pronoun, self._irregular)
        phrase = self._entry(bare, name[len(bare) :], chosen, rng).columns[0]
        first, space, others = phrase.partition(" ")
        head = inflect(first, form or "present", pronoun, self._irregular)
        return head + space + self._fill(others, chosen, pronoun, rng)

    def _entry(self, name: str, number: str, chosen: dict[str, Entry], rng: Random) -> Entry:
        if name + number not in chosen:
            taken = [other.columns[0] for other in chosen.values()]
            entry = self._draw(name, rng)
            while entry.columns[0] in taken:
                entry = self._draw(name, rng)
            chosen[name + number] = entry
        return chosen[name + number]

    def _draw(self, name: str, rng: Random) -> Entry:
        entry = _pick(self._words[name].entries, rng)
        return self._draw(entry, rng) if isinstance(entry, str) else entry


def _pick(items: Sequence[Item], rng: Random) -> Item:
    # random() is the one method whose sequence Python promises never to change.
    return items[int(rng.random() * len(items))]
