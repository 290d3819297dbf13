"""Documents, books, workbooks and archives with a few sentences in them, made by the standard library alone."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable, Sequence
from html import escape

SENTENCES = ("The lamp is green.", "Nobody minded the rain.", "We left & came back.")
TEXT = "".join(f"{sentence}\n" for sentence in SENTENCES).encode()
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"


def zipped(members: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _relations(*targets: tuple[str, str]) -> str:
    listed = "".join(
        f'<Relationship Id="r{i}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def docx(body: str = "", head: str = "") -> bytes:
    """A Word document: of paragraphs, of which one is in a table, with what is not its text; or of a body."""
    said = [escape(sentence) for sentence in SENTENCES]
    body = body or (
        f"<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>{said[0]}</w:t></w:r>"
        "<w:del><w:r><w:delText>deleted</w:delText></w:r></w:del><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>"
        "<w:moveFrom><w:p><w:r><w:t>This went elsewhere.</w:t></w:r></w:p></w:moveFrom>"
        f"<w:tbl><w:tr><w:tc><w:p><w:r><w:t>{said[1][:6]}</w:t></w:r><w:r><w:t>{said[1][6:]}</w:t></w:r></w:p></w:tc>"
        f"</w:tr></w:tbl><w:p/><w:p><w:r><w:t>{said[2]}</w:t><w:footnoteReference w:id='1'/></w:r></w:p>"
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    types = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    types += f'<Default Extension="xml" ContentType="{kind}"/>'
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">{types}</Types>',
        "_rels/.rels": _relations(("officeDocument", "word/document.xml")),
        "word/comments.xml": f'<w:comments xmlns:w="{_WORD}"><w:p><w:r><w:t>A comment.</w:t></w:r></w:p></w:comments>',
        "word/document.xml": f'{head}<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>',
    }
    return zipped(members)


def _open_document(kind: str, body: str, manifest: str = "") -> bytes:
    spaces = " ".join(
        f'xmlns:{name}="{_ODF}:{space}:1.0"'
        for name, space in (("office", "office"), ("text", "text"), ("table", "table"))
    )
    return zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "META-INF/manifest.xml": f"<manifest>{manifest}</manifest>",
            "content.xml": f"<office:document-content {spaces}><office:body>{body}</office:body>"
            "</office:document-content>",
        },
        zipfile.ZIP_STORED,
    )


def odt(manifest: str = "") -> bytes:
    """An OpenDocument text, with a note and a comment that are not its text."""
    said = [escape(sentence) for sentence in SENTENCES]
    return _open_document(
        "text",
        f"<office:text><text:h>{said[0]}<text:note><text:note-body><text:p>A note.</text:p></text:note-body>"
        f"</text:note></text:h><text:p>{said[1].replace(' ', '<text:s/>', 1)}<office:annotation><text:p>A comment."
        f"</text:p></office:annotation></text:p><text:list><text:p>{said[2]}</text:p></text:list></office:text>",
        manifest,
    )


def ods() -> bytes:
    """An OpenDocument workbook: an empty sheet, and one with a text and a number in each row."""
    rows = "".join(
        f'<table:table-row><table:table-cell office:value-type="string"><text:p>{escape(text)}</text:p>'
        f'</table:table-cell><table:table-cell office:value-type="float" office:value="{i}"/></table:table-row>'
        for i, text in enumerate(("text", *SENTENCES))
    )
    sheets = f'<table:table table:name="Empty"/><table:table table:name="Replies">{rows}</table:table>'
    return _open_document("spreadsheet", f"<office:spreadsheet>{sheets}</office:spreadsheet>")


def rows_of(texts: Sequence[str]) -> str:
    """Rows of a sheet with a text and a number each."""
    return "".join(
        f'<row r="{i}"><c r="A{i}" t="inlineStr"><is><t>{escape(text)}</t></is></c><c r="B{i}"><v>{i}</v></c></row>'
        for i, text in enumerate(texts, 1)
    )


def xlsx(sheets: dict[str, str] | None = None, head: str = "") -> bytes:
    """A workbook: of two sheets without much text and one with a text and a number in each row; or of these sheets."""
    sheets = sheets or {"Notes": rows_of(["read me"]), "Empty": "", "Replies": rows_of(["text", *SENTENCES])}
    listed = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="r{i}"/>' for i, name in enumerate(sheets, 1))
    targets = [("worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(sheets) + 1)]
    spaces = f'xmlns="{_SHEETS}" xmlns:r="{_RELATIONS}"'
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": _relations(("officeDocument", "xl/workbook.xml")),
        "xl/_rels/workbook.xml.rels": _relations(*targets),
        "xl/workbook.xml": f"{head}<workbook {spaces}><sheets>{listed}</sheets></workbook>",
    }
    for i, rows in enumerate(sheets.values(), 1):
        members[f"xl/worksheets/sheet{i}.xml"] = (
            f'{head}<worksheet xmlns="{_SHEETS}"><sheetData>{rows}</sheetData></worksheet>'
        )
    return zipped(members)


def epub(pages: dict[str, str] | None = None, encryption: str = "", head: str = "") -> bytes:
    """A book: contents, and two chapters whose names are not in the order of the spine; or of these chapters."""
    said = [escape(sentence) for sentence in SENTENCES]
    pages = pages or {
        "z.xhtml": f"<h1>{said[0]}</h1><nav><ol><li>Contents</li></ol></nav><script>no()</script>",
        "a b.xhtml": f"<p>{said[1][:6]}<b>{said[1][6:]}</b><a epub:type='noteref' href='#n'>1</a><br/>{said[2]}</p>",
    }
    items = "".join(
        f'<item id="i{i}" href="{name.replace(" ", "%20")}" media-type="application/xhtml+xml"/>'
        for i, name in enumerate(pages)
    )
    spine = "".join(f'<itemref idref="i{i}"/>' for i in range(len(pages)))
    members: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container><rootfile full-path="book/package.opf"/></container>',
        "book/package.opf": f'{head}<package><manifest><item id="nav" properties="nav" href="nav.xhtml" '
        f'media-type="application/xhtml+xml"/>{items}</manifest><spine><itemref idref="nav"/>{spine}</spine></package>',
        "book/nav.xhtml": "<html><body><p>Contents</p></body></html>",
    }
    if encryption:
        members["META-INF/encryption.xml"] = encryption
    for name, page in pages.items():
        members[f"book/{name}"] = f"<html><head><title>No text</title></head><body>{page}</body></html>"
    return zipped(members)


def pdf(pages: Sequence[Sequence[str]] = (SENTENCES,), trailer: str = "") -> bytes:
    """A document of pages with these lines; the objects' numbers: 1 catalog, 2 pages, 3 font, then two a page."""
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for i, lines in enumerate(pages):
        escaped = [line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in lines]
        shown = " ".join(f"({line}) Tj 0 -14 Td" for line in escaped)
        content = f"BT /F1 12 Tf 72 720 Td {shown} ET"
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * i} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>",
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        ]
    data, places = b"%PDF-1.7\n", list[int]()
    for number, each in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{each}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\n"
    return data + f"{end}startxref\n{len(data)}\n%%EOF\n".encode()


# A name -> a file of that name with SENTENCES in it, and what its text is called.
DOCUMENTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a.txt.gz": (lambda: gzip.compress(TEXT[:20]) + gzip.compress(TEXT[20:]), "a.txt"),
    "a.txt.bz2": (lambda: bz2.compress(TEXT), "a.txt"),
    "a.txt.xz": (lambda: lzma.compress(TEXT), "a.txt"),
    "a.zip": (lambda: zipped({"x/talk.txt": TEXT, "__MACOSX/x/._talk.txt": "long " * 99}), "talk.txt"),
    "a.docx": (docx, "a.txt"),
    "a.odt": (odt, "a.txt"),
    "a.xlsx": (xlsx, "a.csv"),
    "a.ods": (ods, "a.csv"),
    "a.epub": (epub, "a.txt"),
    "a.pdf": (pdf, "a.txt"),
}
