"""Treebanks (CoNLL-U and its kin): the sentences that their trees stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vae.text.cleaning import split_lines
from vae.text.file_encoding import Text
from vae.text.records import Prose

_TEXT = re.compile(r"#\s*text\s*=\s*(.*)")
_TAGGED = re.compile(r"\S+(?:[ \t]+\S+){0,3}[ \t]+(?:O|[BIESLU]-\S+)\s*")  # a word, and last whether it is of a name
_DOCUMENT = "-DOCSTART-"
_CLOSING = re.compile(r" (?=[.,;:!?%)\]}’”»]|n't\b|'(?:s|re|ve|ll|d|m)\b)|(?<=[(\[{“«$]) ")
_TOKEN = re.compile(r"(\d+)(?:-(\d+)|(\.\d+))?\t([^\t]+)(?:\t[^\t]*){2,}")


def read_treebank(text: Text, _: str) -> Prose | None:
    """A line for each sentence; None: it is no treebank."""
    lines = [line for line in split_lines(text.head[:20_000])[:60] if line.strip()]
    tokens = [line for line in lines if not line.startswith(("#", _DOCUMENT))][:-1] or lines
    if len(tokens) >= 2 and all(_is_token(line) for line in tokens):
        return Prose("treebank", lambda: sentences_of_trees(text.lines()), "lines")
    if len(tokens) >= 4 and all(map(_TAGGED.fullmatch, tokens)) and any(line.split()[-1] == "O" for line in tokens):
        return Prose("treebank", lambda: _tagged_sentences(text.lines()), "lines")
    return None


def _tagged_sentences(lines: Iterable[str]) -> Iterator[str]:
    """The words of each sentence whose words stand below each other with their tags."""
    words: list[str] = []
    for line in lines:
        if line.strip() and not line.startswith(_DOCUMENT):
            words.append(line.split()[0])
        elif words:
            yield _CLOSING.sub("", " ".join(words))
            words = []
    if words:
        yield _CLOSING.sub("", " ".join(words))


def _is_token(line: str) -> bool:
    return bool(_TOKEN.match(line)) and line.count("\t") >= 7


def sentences_of_trees(lines: Iterable[str]) -> Iterator[str]:
    """The text that stands above each tree; without one, its words, with spaces where the tree does not forbid them.

    Source: universaldependencies.org/format.html (words of several tokens, empty nodes, SpaceAfter).
    """
    said, words, until = "", "", 0
    for line in lines:
        if found := _TEXT.match(line):
            said = found.group(1).strip()
        elif token := _TOKEN.match(line):
            number, last, empty, form = token.groups()
            if empty or int(number[:9]) <= until:  # what nobody wrote, or a part of the word before
                continue
            until = int(last[:9]) if last else 0
            space = "" if "SpaceAfter=No" in line.rpartition("\t")[2].split("|") else " "
            words += form + space
        elif not line.strip():
            if said or words:
                yield said or words.strip()
            said, words, until = "", "", 0
    if said or words:
        yield said or words.strip()
