"""The encodings that a text may be in, by Python's names, and what people call them."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from vae.messages.message import Message
from vae.text.cleaning import CorpusError

_WESTERN = "en de fr es it pt nl da sv nb nn fi is ga ca eu sq af"
_CENTRAL = "cs pl hu sk sl hr bs ro sq"
_CYRILLIC = "ru uk bg be mk sr"
_ANY = f"{_WESTERN} {_CENTRAL} {_CYRILLIC} tr lt lv et eo el he ar fa ur th vi kk ja ko zh"


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding: whose letters it has, and the rest of its name.

    `languages` are the ones it is looked for in; none where it can only be chosen.
    `rarity` is, in bits, how much less one expects it than Western European of Windows.
    """

    codec: str
    letters: str  # of which languages or script: a message's key
    system: str  # whose; a name, the same in every language
    languages: tuple[str, ...]
    rarity: float

    @property
    def name(self) -> Message:
        return Message("encoding.name", letters=Message(self.letters), system=self.system)


# codec, whose, languages, rarity; under the letters that it has
_TABLE: dict[str, tuple[tuple[str, str, str, float], ...]] = {
    "encoding.unicode": (
        ("utf-8", "UTF-8", _ANY, -8),
        ("utf-16", "UTF-16", "", 0), ("utf-16-le", "UTF-16 LE", _ANY, 4), ("utf-16-be", "UTF-16 BE", _ANY, 5),
        ("utf-32", "UTF-32", "", 0), ("utf-32-le", "UTF-32 LE", _ANY, 6), ("utf-32-be", "UTF-32 BE", _ANY, 7),
    ),
    "encoding.western": (
        ("cp1252", "Windows", _WESTERN, 0), ("iso8859_1", "ISO 8859-1", "", 0),
        ("iso8859_15", "ISO 8859-15", _WESTERN, 4), ("mac_roman", "Mac", _WESTERN, 4),
        ("cp850", "DOS 850", _WESTERN, 5), ("cp858", "DOS 858", _WESTERN, 8), ("cp437", "DOS 437", _WESTERN, 6),
    ),
    "encoding.portuguese": (("cp860", "DOS 860", "pt", 9),),
    "encoding.french": (("cp863", "DOS 863", "fr", 10),),
    "encoding.icelandic": (("mac_iceland", "Mac", "is", 6), ("cp861", "DOS 861", "is", 8)),
    "encoding.nordic": (("iso8859_10", "ISO 8859-10", "", 0), ("cp865", "DOS 865", "da nb nn", 8)),
    "encoding.celtic": (("iso8859_14", "ISO 8859-14", "", 0),),
    "encoding.central_european": (
        ("cp1250", "Windows", _CENTRAL, 2), ("iso8859_2", "ISO 8859-2", _CENTRAL, 3),
        ("mac_latin2", "Mac", "cs pl hu sk sl hr bs lt lv et", 5), ("cp852", "DOS 852", _CENTRAL, 5),
    ),
    "encoding.croatian": (("mac_croatian", "Mac", "hr sl bs", 7),),
    "encoding.romanian": (("mac_romanian", "Mac", "ro", 7), ("iso8859_16", "ISO 8859-16", "ro", 7)),
    "encoding.south_european": (("iso8859_3", "ISO 8859-3", "eo", 8),),
    "encoding.turkish": (
        ("cp1254", "Windows", "tr", 2), ("iso8859_9", "ISO 8859-9", "", 0),
        ("mac_turkish", "Mac", "tr", 5), ("cp857", "DOS 857", "tr", 5),
    ),
    "encoding.baltic": (
        ("cp1257", "Windows", "lt lv et", 2), ("iso8859_13", "ISO 8859-13", "lt lv et", 4),
        ("iso8859_4", "ISO 8859-4", "lt lv et", 5), ("cp775", "DOS 775", "lt lv et", 5),
    ),
    "encoding.cyrillic": (
        ("cp1251", "Windows", _CYRILLIC, 2), ("koi8_r", "KOI8-R", "ru bg", 3), ("koi8_u", "KOI8-U", "uk be", 4),
        ("iso8859_5", "ISO 8859-5", _CYRILLIC, 5), ("mac_cyrillic", "Mac", _CYRILLIC, 5),
        ("cp866", "DOS 866", "ru bg be", 4), ("cp855", "DOS 855", _CYRILLIC, 7), ("cp1125", "DOS 1125", "uk", 7),
        ("kz1048", "Kazakh, Windows", "kk", 8),
    ),
    "encoding.greek": (
        ("cp1253", "Windows", "el", 2), ("iso8859_7", "ISO 8859-7", "el", 3), ("mac_greek", "Mac", "el", 5),
        ("cp737", "DOS 737", "el", 5), ("cp869", "DOS 869", "el", 6),
    ),
    "encoding.hebrew": (
        ("cp1255", "Windows", "he", 2), ("iso8859_8", "ISO 8859-8", "he", 4), ("cp862", "DOS 862", "he", 5),
    ),
    "encoding.arabic": (
        ("cp1256", "Windows", "ar fa ur", 2), ("iso8859_6", "ISO 8859-6", "ar", 4),
        ("mac_arabic", "Mac", "", 0), ("mac_farsi", "Mac, Persian", "", 0), ("cp864", "DOS 864", "", 0),
    ),
    "encoding.thai": (
        ("cp874", "Windows", "th", 2), ("iso8859_11", "ISO 8859-11", "", 0), ("tis_620", "TIS-620", "", 0),
    ),
    "encoding.vietnamese": (("cp1258", "Windows", "vi", 2),),
    "encoding.japanese": (
        ("cp932", "Shift JIS, Windows", "ja", 2), ("shift_jis", "Shift JIS", "", 0), ("euc_jp", "EUC-JP", "ja", 3),
        ("iso2022_jp", "ISO 2022-JP", "ja", 3),
    ),
    "encoding.korean": (
        ("cp949", "EUC-KR, Windows", "ko", 2), ("euc_kr", "EUC-KR", "", 0), ("johab", "Johab", "ko", 7),
    ),
    "encoding.chinese": (
        ("gb18030", "GB 18030", "zh", 2), ("gbk", "GBK", "", 0), ("gb2312", "GB 2312", "", 0), ("hz", "HZ", "", 0),
    ),
    "encoding.chinese_traditional": (
        ("cp950", "Big5, Windows", "zh", 3), ("big5", "Big5", "", 0), ("big5hkscs", "Big5, Hong Kong", "zh", 5),
    ),
}  # fmt: skip
ENCODINGS = tuple(
    Encoding(codec, letters, system, tuple(languages.split()), rarity)
    for letters, rows in _TABLE.items()
    for codec, system, languages, rarity in rows
)
_BY_CODEC = {codecs.lookup(encoding.codec).name: encoding for encoding in ENCODINGS}


def find_encoding(name: str) -> Encoding:
    """The encoding that somebody names: as Python or the Web does ("koi8-r", "windows-1252", "latin1").

    Raises:
        CorpusError: there is none of that name, or it is none of texts.
    """
    if re.fullmatch(r"[A-Za-z0-9][\w .:-]{0,40}", name, re.ASCII):
        try:
            codec = codecs.lookup(name).name
        except LookupError:
            codec = ""
        if encoding := _BY_CODEC.get({"utf-8-sig": "utf-8", "ascii": "cp1252"}.get(codec, codec)):
            return encoding
    raise CorpusError(Message("text.no_such_encoding", name=name[:40]))
