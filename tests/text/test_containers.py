"""Files that hold a text in another form: documents, books, workbooks, archives, and what was made to do harm."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from fixtures.languages import LANGUAGES
from support.documents import DOCUMENTS, SENTENCES, TEXT, docx, epub, odt, pdf, rows_of, xlsx, zipped

from vae.messages.message import Message
from vae.text.cleaning import CorpusError
from vae.text.containers.packed import SeveralTextsError
from vae.text.containers.page_lines import join_hyphenated, paragraphs, without_furniture
from vae.text.containers.registry import unpack
from vae.text.corpus import Corpus, columns, lines, read_corpus
from vae.text.telling import told
from vae.text.text_file import TextFile

MOST = 1_000_000  # bytes of a text
BOMB = b"A sentence again.\n" * 60_000


def refusal(data: bytes, name: str = "a", part: str | None = None) -> Message:
    with pytest.raises(CorpusError) as caught:
        unpack(data, name, part=part, max_bytes=MOST)
    return caught.value.message


@pytest.mark.parametrize("name", DOCUMENTS)
def test_text_comes_out_of_every_kind_whatever_its_name(name: str) -> None:
    data, inner = DOCUMENTS[name][0](), DOCUMENTS[name][1]
    found = unpack(data, name)
    assert found.name == inner
    assert found.note is not None
    corpus = read_corpus(data, name)
    assert corpus.sentences == SENTENCES
    assert corpus.report.unpacked == found.note
    assert f"Taken out of the file: {found.note}." in map(str, told(corpus.report).values())
    assert Corpus.from_json(corpus.to_json()) == corpus
    if inner.endswith("csv"):
        assert columns(data, name)[0] == "text"


def test_text_that_is_no_container_comes_back_as_it_is() -> None:
    for data in (TEXT, b"", b"BZh is how this begins.\n", b"PK\n", b"PAR1 is a name.\n", "%PD\u00e4".encode()):
        found = unpack(data, "notes.docx")
        assert found.data is data
        assert (found.name, found.note) == ("notes.docx", None)
    assert read_corpus(TEXT, "notes.docx").report.unpacked is None
    assert lines(gzip.compress(TEXT)) == list(SENTENCES)


@pytest.mark.parametrize(
    ("members", "meant"),
    [
        ({"README.md": b"About. " * 99, "data/reviews.csv": TEXT, "photo.png": b"\x89PNG\0" * 99}, "reviews.csv"),
        ({"readme": b"About.", "SMSSpamCollection": TEXT}, "SMSSpamCollection"),
        ({"train.csv": TEXT * 9, "test.csv": TEXT, "valid.csv": TEXT}, "train.csv"),
        ({"../../etc/passwd": TEXT, "C:\\x\\y.bin": b"\0"}, "passwd"),
        ({"LICENSE": TEXT}, "LICENSE"),
        ({"readme.txt": TEXT, "letter.docx": docx()}, "letter.txt"),
    ],
)
def test_one_text_of_an_archive_is_meant_and_the_others_are_named(members: dict[str, bytes], meant: str) -> None:
    found = unpack(zipped(dict(members)), "a.zip")
    assert found.name == meant
    for other in members:
        if other.endswith(("csv", "md")):
            assert other in str(found.note)


def test_a_part_is_chosen_or_the_parts_are_named() -> None:
    two = zipped({"de.txt": TEXT, "en.txt": TEXT + b"More.\n", "notes.md": b"About."})
    assert refusal(two).key == "text.which_part"
    assert "en.txt, de.txt" in str(refusal(two))
    assert unpack(two, "a.zip", part="de.txt").data == TEXT
    assert "en.txt, de.txt, notes.md" in str(refusal(two, part="fr.txt"))
    book = xlsx({"One": rows_of(["text", "First."]), "Two": rows_of(["text", "Second."])})
    found = unpack(book, "book.xlsx", part="Two")
    assert found.data == b"text,1\nSecond.,2\n"
    assert str(found.note) == 'the sheet "Two" of a workbook with 2; the others are: One'
    assert refusal(book, part="Three") == Message("text.no_such_part", part="Three", parts="One, Two")
    assert unpack(zipped({"book.xlsx": book}), "a.zip", part="book.xlsx").data.startswith(b"text,1\nFirst.")
    assert refusal(gzip.compress(TEXT), part="x").key == "text.no_parts"
    assert read_corpus(two, part="de.txt").sentences == SENTENCES


def test_all_plain_texts_of_an_archive_can_be_read_as_one() -> None:
    poems = zipped(
        {"poems/2.txt": "Rain.\nRain again.", "poems/1.txt": "\ufeffSnow.\nA road.", "poems/README": "About."}
    )
    with pytest.raises(SeveralTextsError) as raised:
        unpack(poems, "poems.zip")
    assert raised.value.parts == ("*", "poems/2.txt", "poems/1.txt", "poems/README")
    corpus = read_corpus(poems, "poems.zip", part="*")
    assert corpus.sentences == ("Snow.", "A road.", "Rain.", "Rain again.")
    assert (corpus.report.part, corpus.report.parts) == ("*", raised.value.parts)
    assert str(corpus.report.unpacked) == "2 texts of an archive, one after the other"
    assert refusal(zipped({"a.txt": BOMB[: MOST - 10], "b.txt": BOMB[:20]}), part="*").key == "text.unpacked_too_large"
    assert refusal(zipped({"a.csv": TEXT, "b.csv": TEXT}), part="*").key == "text.no_such_part"  # tables have headings


def test_texts_of_an_archive_are_read_each_in_its_own_encoding() -> None:
    said = {name: list(sentences)[:5] for name, (_, sentences) in LANGUAGES.items()}
    codecs = {
        "French": "cp1252",
        "German": "mac_roman",
        "Russian": "koi8-r",
        "Greek": "utf-8-sig",
        "Japanese": "utf-16",
    }
    members = {f"{name}.txt": "\n".join(said[name]).encode(codec) for name, codec in codecs.items()}
    found = read_corpus(zipped(dict(members)), "a.zip", part="*", layout="lines")
    assert found.sentences == tuple(line for name in sorted(codecs) for line in said[name])
    assert "KOI8-R" in str(found.report.unpacked)
    alike = {f"{name}.txt": "\n".join(said[name]).encode("cp1252") for name in ("French", "German", "Spanish")}
    report = read_corpus(zipped(dict(alike)), "a.zip", part="*").report
    assert (report.encoding, str(report.unpacked)) == ("cp1252", "3 texts of an archive, one after the other")
    assert len(report.encodings) > 1
    chosen = read_corpus(zipped(dict(alike)), "a.zip", part="*", encoding="cp1250", layout="lines")
    assert chosen.sentences[0] == said["French"][0].encode("cp1252").decode("cp1250")
    unreadable = refusal(zipped({"a.txt": "Été.".encode("cp1252"), "b.txt": bytes(range(128, 256)) * 9}), part="*")
    assert unreadable.key == "text.part_unreadable"
    assert "b.txt" in str(unreadable)


@pytest.mark.parametrize("quirk", ["no type", "texts for numbers", "indented"])
def test_workbooks_are_read_with_what_programs_leave_out_and_put_in(quirk: str) -> None:
    stated = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(io.BytesIO(DOCUMENTS["a.ods"][0]())) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    members["META-INF/manifest.xml"] = (
        f'<manifest><file-entry media-type="{stated}" full-path="/"/></manifest>'.encode()
    )
    content = members["content.xml"]
    if quirk == "no type":
        del members["mimetype"]
    elif quirk == "texts for numbers":  # as old exports of Google's say links
        said = b' table:style-name="a > b" office:value-type="string" office:value="a.org/\'b"'
        members["content.xml"] = content.replace(b' office:value-type="string"', said)
    else:
        members["content.xml"] = content.replace(b"<table:", b"\n  <table:").replace(b"</table:", b"\n  </table:")
    corpus = read_corpus(zipped(members), "old.ods", label_column="0")
    assert corpus.sentences == SENTENCES
    assert corpus.labels == ("1", "2", "3")


def test_parts_are_told_so_that_another_can_be_chosen() -> None:
    two = zipped({"en.txt": TEXT, "de.txt": TEXT, "notes.md": b"Some."})
    with pytest.raises(SeveralTextsError) as raised:
        unpack(two, "a.zip")
    assert set(raised.value.parts) == {"*", "en.txt", "de.txt", "notes.md"}
    assert pickle.loads(pickle.dumps(raised.value)).parts == raised.value.parts
    report = read_corpus(two, "a.zip", part="de.txt").report
    assert (report.part, set(report.parts)) == ("de.txt", {"*", "en.txt", "de.txt", "notes.md"})
    book = xlsx({"One": rows_of(["First.", "Second."]), "Two": rows_of(["Third.", "Fourth."])})
    for part in ("One", "Two"):
        corpus = read_corpus(gzip.compress(zipped({"book.xlsx": book})), "a.gz", part=part)
        assert (corpus.report.part, corpus.report.parts) == (part, ("One", "Two"))
        assert Corpus.from_json(corpus.to_json()) == corpus
    assert read_corpus(zipped({"a.txt": TEXT}), "a.zip").report.parts == ()


def test_pages_lose_what_repeats_and_words_that_were_cut_are_whole() -> None:
    wrapped = "Number {0} is the first of many long sen-\ntences about a number of well-known\n"
    wrapped += "foxes who all are {0} times well-\nknown to {0}s."
    pages = [["The Fox", *wrapped.format(i).split("\n"), f"{i + 7} The Fox"] for i in range(4)]
    said = "Number {0} is the first of many long sentences about a number of well-known foxes who all are {0} times "
    said += "well-known to {0}s."
    expected = [said.format(i) for i in range(4)]
    assert list(read_corpus(pdf(pages), "a.pdf").sentences) == expected
    kept, left_out = without_furniture(pages)
    assert left_out == 8
    assert paragraphs(join_hyphenated(kept)) == expected


def test_lists_and_poems_on_pages_keep_their_lines() -> None:
    poem = ["The rain has come and gone again,", "And left the street to dry,", "A cat looks out and counts to ten,"]
    assert paragraphs(poem) == poem
    assert without_furniture([[line] for line in poem]) == (poem, 0)


def encrypted_zip() -> bytes:
    data = bytearray(zipped({"a.txt": TEXT}))
    data[6] |= 1  # in the member's own header, and in the list at the end
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def overlapping() -> bytes:
    """Members that all lead to the same compressed bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", BOMB[:1000])
        for i in range(200):
            archive.infolist().append(archive.infolist()[0])
            archive.infolist()[0].filename = f"{i}.txt"
    return buffer.getvalue()


def many_members() -> bytes:
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    count = 60_000
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(entry) * count, 0, 0)
    return b"PK\x03\x04" + entry * count + end


def nested(depth: int) -> bytes:
    data = TEXT
    for _ in range(depth):
        data = gzip.compress(data)
    return data


LAUGHS = "<!DOCTYPE l [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
) + "]>"  # fmt: skip
OUTSIDE = "<!DOCTYPE l [<!ENTITY i SYSTEM 'file:///etc/passwd'>]>"
SAID_I = "<w:p><w:r><w:t>&i;</w:t></w:r></w:p>"
FAR = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'
    '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>b</t></is></c></row>'
)
LOOP = pdf().replace(b"/Kids [4 0 R]", b"/Kids [2 0 R]")
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb.gz": (lambda: gzip.compress(BOMB), "text.unpacked_too_large"),
    "bomb.zip": (lambda: zipped({"a.txt": BOMB}), "text.unpacked_too_large"),
    "bomb.docx": (lambda: docx(f"<w:p><w:r><w:t>{BOMB.decode()}</w:t></w:r></w:p>"), "text.unpacked_too_large"),
    "bomb.xlsx": (lambda: xlsx({"A": rows_of(["text", BOMB.decode(), "more"])}), "text.unpacked_too_large"),
    "bomb.epub": (lambda: epub({"a.xhtml": BOMB.decode()}), "text.unpacked_too_large"),
    "far.xlsx": (lambda: xlsx({"A": FAR}), "text.container_too_heavy"),
    "deep.docx": (lambda: docx("<w:a>" * 50_000 + "</w:a>" * 50_000), "text.container_damaged"),
    "laughs.docx": (lambda: docx(SAID_I, LAUGHS), "text.container_damaged"),
    "laughs.epub": (lambda: epub(head=LAUGHS), "text.container_damaged"),
    "outside.docx": (lambda: docx(SAID_I, OUTSIDE), "text.container_damaged"),
    "loop.pdf": (lambda: LOOP, "text.container_damaged"),
    "scan.pdf": (lambda: pdf([[], []]), "text.pdf_without_text"),
    "nested.gz": (lambda: nested(9), "text.containers_nested"),
    "overlapping.zip": (overlapping, "text.container_damaged"),
    "members.zip": (many_members, "text.too_many_members"),
    "lzma.zip": (lambda: zipped({"a.txt": TEXT}, zipfile.ZIP_LZMA), "text.compression_unknown"),
    "encrypted.zip": (encrypted_zip, "text.container_encrypted"),
    "encrypted.xlsx": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le"),
        "text.container_encrypted",
    ),
    "encrypted.odt": (lambda: odt("<encryption-data/>"), "text.container_encrypted"),
    "encrypted.epub": (lambda: epub(encryption="<x URI='book/z.xhtml'/>"), "text.container_encrypted"),
    "encrypted.pdf": (
        lambda: pdf(trailer="/ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P 0 /O <00> /U <00> >>"),
        "text.container_encrypted",
    ),
    "empty.zip": (lambda: zipped({}), "text.container_without_text"),
    "pictures.zip": (lambda: zipped({"a.png": b"\x89PNG\r\n\x1a\n\0"}), "text.container_without_text"),
    "empty.docx": (lambda: docx("<w:p/>"), "text.container_without_text"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_would_do_harm_is_refused_in_words(name: str) -> None:
    build, key = HOSTILE[name]
    assert refusal(build(), name).key == key


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_cut_off_is_called_damaged(name: str) -> None:
    data = DOCUMENTS[name][0]()
    assert refusal(data[: len(data) * 2 // 3], name).key in ("text.container_damaged", "text.pdf_without_text")


def test_a_bomb_is_stopped_before_it_fills_the_memory() -> None:
    data = gzip.compress(bytes(100_000_000), 1)
    tracemalloc.start()
    try:
        assert refusal(data).key == "text.unpacked_too_large"
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_parquet_needs_a_package_and_says_so() -> None:
    data = b"PAR1" + bytes(20) + b"PAR1"
    missing = Message("text.needs_package", what=Message("text.parquet_table"), package="pyarrow")
    damaged = Message("text.container_damaged", what=Message("text.parquet_table"))
    assert refusal(data) == (damaged if find_spec("pyarrow") else missing)


@pytest.mark.parametrize("name", ["a.txt.gz", "a.txt.bz2", "a.txt.xz", "a.docx"])
def test_file_on_disk_is_unpacked_on_its_way(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(DOCUMENTS[name][0]())
    source = TextFile(path).source()
    for _ in range(2):  # as often as it is opened
        with source.opener() as file:
            assert file.read() == TEXT
    assert source.name == "a.txt"
    assert source.unpacked == unpack(path.read_bytes(), name).note
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(CorpusError, match="damaged"):
        TextFile(path).source().opener().read()
