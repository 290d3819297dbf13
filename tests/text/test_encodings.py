from __future__ import annotations

import importlib.util
import io
import random
import unicodedata
from contextlib import suppress
from pathlib import Path

import pytest

from vae.messages.message import Message
from vae.text.cleaning import CorpusError
from vae.text.corpus import lines, read_corpus
from vae.text.encodings.guess import encoding_choices
from vae.text.file_encoding import Text, open_text

_SPEC = importlib.util.spec_from_file_location("languages", Path(__file__).parents[1] / "fixtures" / "languages.py")
assert _SPEC is not None
assert _SPEC.loader is not None
_LANGUAGES = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_LANGUAGES)
TONES = "\u0300\u0301\u0303\u0309\u0323"  # which Vietnamese for Windows writes behind their vowels


def _open(data: bytes, encoding: str | None = None) -> Text:
    return open_text(lambda: io.BytesIO(data), encoding)


def _for_windows(vietnamese: str) -> str:
    parts = unicodedata.normalize("NFD", vietnamese)
    for tone in TONES:  # a circumflex, breve or horn stays with its vowel, a tone does not
        parts = parts.replace(tone, f"\0{tone}")
    return "".join(unicodedata.normalize("NFC", part) for part in parts.split("\0"))


@pytest.mark.parametrize("language", _LANGUAGES.LANGUAGES)
def test_a_few_sentences_in_an_old_encoding_are_read_right(language: str) -> None:
    encodings, sentences = _LANGUAGES.LANGUAGES[language]
    for encoding in encodings.split():
        text = "".join(f"{sentence}\r" if encoding.startswith("mac") else f"{sentence}\r\n" for sentence in sentences)
        data = (_for_windows(text) if encoding == "cp1258" else text).encode(encoding)
        assert (encoding, lines(data)) == (encoding, list(sentences))
        assert lines(data, encoding=encoding) == list(sentences)


STRAYS = b"""\
Ok, see you at six
Win a \xe5\xa31000 prize now
It wasn\x89\xdb\xf7t me at all
Cost is \xe5\xa35 or \xe5\xa37 for two
Caf\xcc\xcf Nero at noon
I\x89\xdb\xf7ll be late, sorry
Reply or pay \xe5\xa310 a week
"""


def test_a_few_broken_signs_in_english_do_not_make_it_chinese_or_greek() -> None:
    found = _open(STRAYS)
    assert found.encoding in ("mac_roman", "cp1252", "cp850", "cp437", "iso8859_15")
    assert "Ok, see you at six\n" in found.read()
    for written in (
        "The word \u6c34 is water.\n\u706b is fire.\nBoth are old.\n",
        "\u6c34\twater\n\u706b\tfire\n\u6728\twood\n",
    ):
        assert _open(written.encode("gb18030")).read() == written  # lone characters that are common are meant


SIGNS = (
    "The room is 20 m² at 8 °C.",
    "Milk® is 3 € now.",
    "“Well,” he said – and left…",
    "© 2001 the editor’s office™",
)


def test_signs_in_english_are_those_of_windows() -> None:
    assert lines("\n".join(SIGNS).encode("cp1252")) == list(SIGNS)
    for sign in SIGNS:
        text = _open(f"{sign}\nNothing else.\n".encode("cp1252"))
        assert (text.encoding, next(text.lines())) == ("cp1252", sign)


# bytes -> what is read, how many bytes and characters are left out as broken, and how many as controls
DAMAGED: dict[str, tuple[bytes, str, int, int]] = {
    "cut off at the end": ("Größe ändern.\nGrüße, der Löwe".encode()[:-3], "Größe ändern.\nGrüße, der L", 1, 0),
    "cut off in the only letter": ("We met in the old café".encode()[:-1], "We met in the old caf", 1, 0),
    "two bytes of three": ("It’s “late”.\n".encode() + b"\xe2\x80 Oh.", "It’s “late”.\n Oh.", 2, 0),
    "a line in Latin-1": ("Où ?\n".encode() * 40 + "Déjà là.".encode("latin-1"), "Où ?\n" * 40 + "Dj l.", 3, 0),
    "broken by somebody else": ("Sch\ufffdne Gr\u00fc\u00dfe.".encode(), "Schne Grüße.", 1, 0),
    "NUL and a bell": ("Un café\0 noir.\nDo\x07ux.".encode(), "Un café noir.\nDoux.", 0, 2),
    "NUL in plain ASCII": (b"Hello\0 there.\nBye.", "Hello there.\nBye.", 0, 1),
    "the end of a file of DOS": (b"Hello there.\r\nBye.\r\n\x1a", "Hello there.\r\nBye.\r\n", 0, 1),
    "UTF-16, cut off": (b"\xff\xfe" + "Guten Tag.".encode("utf-16-le") + b"\x20", "Guten Tag.", 1, 0),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_what_is_broken_is_left_out_and_counted(case: str) -> None:
    data, read, broken, controls = DAMAGED[case]
    text = _open(data)
    assert text.read() == text.head == read
    assert (text.dropped.broken, text.dropped.controls) == (broken, controls)
    assert "□" in text.dropped.example
    assert text.encoding == ("utf-16" if "UTF-16" in case else "utf-8")


def test_a_whole_text_has_nothing_left_out() -> None:
    dropped = _open("Größe ändern.\n".encode()).dropped
    assert (dropped.broken, dropped.controls, dropped.example) == (0, 0, "")


@pytest.mark.parametrize(
    ("named", "codec"),
    [("koi8-r", "koi8_r"), ("windows-1251", "cp1251"), ("ISO-8859-5", "iso8859_5"), ("ibm866", "cp866")],
)
def test_an_encoding_can_be_chosen_by_any_of_its_names(named: str, codec: str) -> None:
    data = "Доброе утро.\nДо свидания.\n".encode(codec)
    found = read_corpus(data, encoding=named, layout="lines")
    assert found.sentences == ("Доброе утро.", "До свидания.")
    assert found.report.encoding == codec


def test_a_choice_is_obeyed_also_where_it_is_odd() -> None:
    data = "Größe ändern.\n".encode()
    assert (_open(data, "latin1").head, _open(data, "utf8").head) == ("GrÃ¶Ãe Ã¤ndern.\n", "Größe ändern.\n")
    assert _open(b"\xef\xbb\xbf" + data, "UTF-8").read() == "Größe ändern.\n"
    assert _open(data, "latin1").digest != _open(data).digest == _open(data).digest
    with pytest.raises(CorpusError, match=r"not in the encoding Japanese \(EUC-JP\)"):
        _open("Größe ändern über öde Äcker.\n".encode("latin-1") * 20, "euc-jp")


@pytest.mark.parametrize(
    "name", ["rot13", "zlib", "base64", "idna", "punycode", "unicode_escape", "undefined", "", "../utf-8", "é" * 99]
)
def test_what_is_no_encoding_of_texts_cannot_be_chosen(name: str) -> None:
    with pytest.raises(CorpusError, match="no encoding of texts") as caught:
        _open(b"Hello there.\n", name)
    assert caught.value.message == Message("text.no_such_encoding", name=name[:40])


def test_a_guess_is_shown_by_a_line_as_it_is_and_as_it_might_be() -> None:
    text = _open("Plain words first.\nLa città è già più bella.\nEnd.\n".encode("cp1252"))
    guess = text.guess
    assert (guess.encoding, str(guess.name)) == ("cp1252", "Western European (Windows)")
    assert guess.example == "La città è già più bella."
    assert 1 <= len(guess.others) <= 5
    for other in guess.others:
        assert other.example != guess.example
        assert other.example in lines("La città è già più bella.\n".encode("cp1252"), encoding=other.encoding)
    assert (_open(b"Hello there.\n").guess.example, _open("Grüße.".encode()).guess.example) == ("", "Grüße.")
    assert str(_open("Grüße.".encode("utf-16")).guess.name) == "Unicode (UTF-16)"


def test_every_choice_has_a_name_of_its_own_and_reads() -> None:
    choices = encoding_choices()
    assert len({str(choice.name) for choice in choices}) == len({choice.encoding for choice in choices}) == len(choices)
    for choice in choices:
        assert lines("Hello there.\nBye.\n".encode(choice.encoding), encoding=choice.encoding) == [
            "Hello there.",
            "Bye.",
        ]


def test_the_encoding_of_a_large_text_is_told_from_all_over_it() -> None:
    plain, czech = b"Nothing here is beyond ASCII.\n", "Příští zima bude krutá.\n".encode("iso8859-2")
    found = _open(plain * 40_000 + czech + plain * 40_000)
    assert (found.encoding, found.guess.example) == ("iso8859_2", "Příští zima bude krutá.")
    unspaced = "我们明天去海边看日出。" * 60_000
    assert _open(unspaced.encode("gb18030")).head == unspaced[:262_144]


NOISE = random.Random(3).randbytes(100_000)
NO_TEXT = {
    "noise": NOISE,
    "noise beyond ASCII": bytes(byte | 128 for byte in NOISE),
    "noise without NUL": NOISE.replace(b"\0", b""),
    "every byte": bytes(range(256)) * 400,
    "NUL": bytes(100_000),
    "controls": bytes(range(1, 9)) * 12_500,
    "escapes": b"\x1b$" * 50_000,
    "255": b"\xff" * 100_000,
}


@pytest.mark.parametrize("case", NO_TEXT)
def test_what_is_no_text_is_refused(case: str) -> None:
    with pytest.raises(CorpusError, match="looks like a binary file"):
        _open(NO_TEXT[case])


def test_one_byte_for_ever_is_read_or_refused() -> None:
    for byte in range(0x80, 0x100, 9):
        with suppress(CorpusError):
            assert len(set(_open(bytes([byte]) * 300_000).head)) == 1
