"""The kinds of files that people bring: each is read for its sentences, and for nothing else that stands in it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from vae.text.corpus import read_corpus

SENTENCES = (
    "The kettle is already warm.",
    "Nobody fed the hens today.",
    "We painted the fence blue.",
    "His train leaves at seven.",
    "Those apples taste of rain.",
    "Her brother mends old clocks.",
)
FOREIGN = (
    "Der Kessel ist schon warm.",
    "Heute hat niemand die Hennen gefüttert.",
    "Wir haben den Zaun blau gestrichen.",
    "Sein Zug fährt um sieben ab.",
    "Diese Äpfel schmecken nach Regen.",
    "Ihr Bruder repariert alte Uhren.",
)
VERSE = (
    "The boat is small,",
    "the lake is wide,",
    "and night comes on.",
    "A lamp swings low",
    "above the oars",
    "unsaid.",
)


class Kind(NamedTuple):
    """A file, and what is read from it: all of its sentences, or some that are and parts that are not among them."""

    name: str
    text: str
    sentences: tuple[str, ...] = SENTENCES
    never: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    options: dict[str, Any] | None = None
    column: str | None = None


def rows(*columns: tuple[str, ...] | list[str], separator: str = ",", head: str = "") -> str:
    """A table of columns, its cells unquoted."""
    return head + "".join(separator.join(row) + "\n" for row in zip(*columns, strict=True))


def numbers(start: int = 1) -> list[str]:
    return [str(start + i) for i in range(6)]


def lines(*values: Any) -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


LONG = (
    "My aunt gave me this kettle when I moved out, and after four winters it still boils before the toast is done.",
    "Whoever wrote the second half had clearly never met a sailor, let alone spent a single night on open water.",
    "We ordered soup for two, waited until the candles had burned down, and were finally told that it was sold out.",
    "Nothing here works as promised except the little red button, which does exactly what nobody would want it to.",
    "If you can bear the noise of the trams below, these are the quietest and kindest hosts in the whole old town.",
    "The sleeves shrank, then the collar turned grey, and by April even our dog refused to lie down on what was left.",
)
HASHES = [f"{i * 7919 + 12345:040x}" for i in range(6)]
MAILS = [f"a.very.long.name.{i}@office.example.com" for i in range(6)]
STREETS = [f'"{i + 3} Upper Market Road, Flat {i}, Leeds LS{i} 4AB, England"' for i in range(6)]
LINKS = [f"https://pictures.example.org/archive/of/the/town/{i}/large-view.html" for i in range(6)]
CATEGORIES = ["NUM:date", "HUM:ind", "NUM:date", "HUM:ind", "LOC:city", "LOC:city"]
LABELS = ["good", "bad", "good", "bad", "good", "bad"]
CREDITS = [f"CC-BY 4.0 (Norway) Attribution: words.example #{i}00 (ola) & #{i}77 (kari)" for i in range(6)]
DATES = [f"Mon, {i + 1:02} Jan 2023 10:0{i}:00 +0100" for i in range(6)]
CHAT = ("Is the key with you?", "No, under the pot", "Found it", "Thanks a lot")


def chat(stamps: tuple[str, str], *notes: str) -> str:
    """A chat of two, whose stamps begin and end each line, with notes that nobody wrote."""
    begin, end = stamps
    said = [f"{begin}1{end}Zoe: {CHAT[0]}", f"{begin}2{end}Karl-Heinz B.: {CHAT[1]}", f"{begin}3{end}Zoe: {CHAT[2]}"]
    said += [f"{begin}4{end}{note}" for note in notes]
    return "\n".join([*said, f"{begin}5{end}Karl-Heinz B.: {CHAT[3]}"]) + "\n"


CAPTIONS = """\
WEBVTT
Kind: captions

NOTE written by hand

1
00:01.000 --> 00:04.000 align:start
<v Ann>We never asked

00:04.000 --> 00:06.000
for any of <c.loud>this</c>.

00:07.000 --> 00:08.000
[door slams]

00:09.000 --> 00:10.500
– Who is it?
– Me.
"""
ROLLING = """\
WEBVTT

00:00.000 --> 00:02.000 align:start position:0%

so<00:00.500><c> today</c><00:01.000><c> we</c>

00:02.000 --> 00:02.010 align:start position:0%
so today we


00:02.010 --> 00:04.000 align:start position:0%
so today we
bake<00:02.500><c> bread</c>

00:04.000 --> 00:04.010 align:start position:0%
bake bread
"""
FILM = """\
1
00:00:01,000 --> 00:00:02,000
{\\an8}ANNA: Run!

2
00:00:03,000 --> 00:00:05,000
♪ la la ♪

3
00:00:06,000 --> 00:00:07,000
The bridge, it is

4
00:00:07,500 --> 00:00:09,000
falling down.
"""
PAGE = """\
<!DOCTYPE html><html><head><title>T</title><style>p{color:red}</style></head><body><nav><a href='/'>Home</a></nav>\
<script>var x = 'no';</script><!-- no --><h1>Bees</h1><p>Bees dance &amp; sing.<br>They
fly.</p><ul><li>Wax</li></ul><footer>Imprint</footer></body></html>"""
NOTE = """\
+++
draft = true
+++
Title
=====

> We **sang** all
> night, see [notes][1].

1. First `x`
2. Second

~~~py
hidden()
~~~

![alt](pic.png)

| Tea | Milk |
|---|---|
| hot | cold |

[1]: http://a.example
"""
TREES = """\
1-2\tIm\t_\t_\t_\t_\t_\t_\t_\t_
1\tIn\tin\tADP\t_\t_\t2\tcase\t_\t_
2\tdem\tder\tDET\t_\t_\t3\tdet\t_\t_
3\tHaus\tHaus\tNOUN\t_\t_\t0\troot\t_\tSpaceAfter=No
4\t.\t.\tPUNCT\t_\t_\t3\tpunct\t_\t_

1\tGeh\tgehen\tVERB\t_\t_\t0\troot\t_\tSpaceAfter=No
1.1\tdu\tdu\tPRON\t_\t_\t_\t_\t_\t_
2\t!\t!\tPUNCT\t_\t_\t1\tpunct\t_\t_
"""
BOOK = """\
The Project Gutenberg eBook of Hill

This eBook is free.

***START OF THE PROJECT GUTENBERG EBOOK HILL***

Produced by Somebody

There was a hill, and on the hill there stood a house with
a red roof. It was empty, and the wind went in and out of it
as it pleased.

End of the Project Gutenberg EBook of Hill

Give money.
"""
LONG_VERSE = """\
Between the harbour and the hill I went alone
And heard the gulls complain above the fishing fleet
While every rope was humming in a minor tone
And salt was drying white on every empty street
"""
TYPED_BOOK = """\
The Project Gutenberg EBook of Moor

*** START OF THIS PROJECT GUTENBERG EBOOK MOOR ***

[Illustration: a moor]

The _moor_ was wide.

=Pegs.= They bought
ten of them.

Transcriber's Notes

- Page 3: "mor" changed to "moor".

*** END OF THIS PROJECT GUTENBERG EBOOK MOOR ***
"""
MIXED_BOOK = """\
Early in the year the two of them went down to the shore to look
for driftwood, and they found a box with iron hinges lying under
the seaweed. Nobody in the village had ever seen a box like that
one, and it was so heavy that four men were needed to carry it up
to the house.

  the shore,   de kust.
  a hinge,     een scharnier.
  a box,       een kist.
  a roof,      een dak.
  heavy,       zwaar.
  a lamp,      een lamp.
  the tide,    het getij.

"Open it."

"Not yet," she said. "Wait until it is dark, and then bring me the
small lamp from the kitchen." So he sat down on the box and
waited, and the tide came in again and covered the place where
they had been standing, and the gulls went home, and in the end it
grew dark over all the roofs of the village.

She came.
He rose.
"Now?"
"Now."
"""
SURVEY = (
    "when,Anything else you would like to tell us about the market in our town?,How old are you?,Do you come again?,"
    "Do you come again?\n"
)
HEADLINES = """\
Mayor opens the new bridge over the river today
Farmers ask for help after the third dry summer
School choir wins a prize in the capital again
"""

KINDS = {
    # Which column
    "a link is no text": Kind("a.csv", rows(LINKS, SENTENCES, head="link,zz\n"), column="zz"),
    "an e-mail is no text": Kind("a.csv", rows(MAILS, STREETS, SENTENCES, head="contact,home address,remark\n")),
    "a hash is no text": Kind("a.tsv", rows(HASHES, SENTENCES, separator="\t", head="commit\tzz\n"), column="zz"),
    "a licence is no text": Kind("a.tsv", rows(numbers(), SENTENCES, CREDITS, separator="\t")),
    "a date is no text": Kind("a.csv", rows([f'"{d}"' for d in DATES], SENTENCES, head="when,zz\n"), column="zz"),
    "the first of two languages": Kind("a.tsv", rows(SENTENCES, FOREIGN, separator="\t")),
    "a name for text in German": Kind("a.csv", rows(FOREIGN, SENTENCES, head="info,kommentar\n")),
    "titles before what they are above": Kind(
        "a.tsv",
        rows(FOREIGN, LONG, separator="\t", head="title\tzz\n"),
        LONG,
    ),
    "titles without a name": Kind("a.tsv", rows(FOREIGN, LONG, numbers(), separator="\t"), LONG),
    "the title of an opinion is none": Kind(
        "a.tsv", rows(FOREIGN, SENTENCES, separator="\t", head="titreAvis\tavis\n")
    ),
    "a headline beside its text": Kind("a.tsv", rows(FOREIGN, SENTENCES, separator="\t", head="headline\tbody\n")),
    "a question before its long answer": Kind(
        "a.tsv", rows(SENTENCES, LONG, separator="\t", head="question\tanswer\n")
    ),
    "a column that repeats is a label": Kind(
        "a.csv",
        rows(LABELS, ["Ada", "Bo", "Cleo", "Dan", "Eve", "Finn"], head="kind,given\n"),
        ("Ada", "Bo", "Cleo", "Dan", "Eve", "Finn"),
    ),
    # Tables that are barely tables
    "semicolons in prose": Kind(
        "a.csv",
        "I came; I saw.\nNo; not yet.\nWait; he said so; listen.\nGo.\n",
        ("I came; I saw.", "No; not yet.", "Wait; he said so; listen.", "Go."),
    ),
    "a comma in each line": Kind(
        "a.csv",
        "Come, then.\nSit, please.\nNo, thanks.\nWell, maybe.\n",
        ("Come, then.", "Sit, please.", "No, thanks.", "Well, maybe."),
    ),
    "commas in the last column": Kind(
        "a.csv",
        "id,text\n1,Yes, of course, dear.\n2,Bread,milk\n3,Go on.\n",
        ("Yes, of course, dear.", "Bread,milk", "Go on."),
    ),
    "sep= and tabs": Kind("a.csv", "sep=\t\n" + rows(numbers(), SENTENCES, separator="\t", head="n\ttext\n")),
    "single quotes, and the separator in a text": Kind(
        "a.csv",
        "".join(f"{x};'{s[:-1]}; \"so\" it''s said.'\n" for x, s in zip(LABELS, SENTENCES, strict=True))
        + "bad;No; never.\n",
        (*(f'{s[:-1]}; "so" it\'s said.' for s in SENTENCES), "No; never."),
    ),
    "a first row that is wider": Kind(
        "a.csv",
        "good;Come; now.\n" + rows(LABELS, SENTENCES, separator=";"),
        ("Come; now.", *SENTENCES),
    ),
    "questions of a survey, one of them twice": Kind(
        "a.csv", rows(numbers(), SENTENCES, numbers(20), LABELS, ["yes"] * 6, head=SURVEY), SENTENCES
    ),
    "two bars": Kind("a.txt", rows(numbers(), LABELS, SENTENCES, separator=" || ")),
    "three bars": Kind("a.txt", rows(SENTENCES, LABELS, separator=" ||| ")),
    "colons and a dollar": Kind("lines.dat", rows(numbers(100), ["ANN"] * 6, SENTENCES, separator=" ::$:: ")),
    "no headings, empty cells": Kind("a.csv", "".join(f"{x},{s},,,\n" for x, s in zip(LABELS, SENTENCES, strict=True))),
    "rows of different width": Kind(
        "a.csv",
        "name,note,,\nA,One more day.,,\nB,Two of them left.\nC,Three is enough.,,,,\n",
        ("One more day.", "Two of them left.", "Three is enough."),
    ),
    # Cells
    "paragraphs in cells": Kind(
        "a.csv",
        'text\n"The pan is hot. Take care. It burns."\n"We ran. They did not see us."\n',
        ("The pan is hot.", "Take care.", "It burns.", "We ran.", "They did not see us."),
    ),
    "cells kept whole": Kind(
        "a.csv",
        'text\n"The pan is hot. Take care."\n"We ran. They did not see us."\n',
        ("The pan is hot. Take care.", "We ran. They did not see us."),
        options={"split": "none"},
    ),
    "poems in cells, found out": Kind(
        "a.csv", 'title,poem\nOne,"{}\n{}\n{}"\nTwo,"{}\n\n{}\n{}"\n'.format(*VERSE), VERSE
    ),
    "entities in cells": Kind(
        "a.csv",
        'comment\n"Salt &amp; pepper<br>on top"\n"It&#8217;s <em>fine</em>"\nCold\n',
        ("Salt & pepper on top", "It’s fine", "Cold"),
    ),
    "an angle that is no mark": Kind(
        "a.csv", "comment,n\nI <b> you,1\na < b and b > c,2\n", ("I <b> you", "a < b and b > c")
    ),
    "categories before each line": Kind(
        "questions.label",
        "".join(f"{x} {i} {s}\n" for i in range(3) for x, s in zip(CATEGORIES, SENTENCES, strict=True)),
        tuple(f"{i} {s}" for i in range(3) for s in SENTENCES),
        column="text",
    ),
    "a class before each line": Kind(
        "train.txt",
        "".join(f"{i % 3 - 1} No {i}: {s}\n" for i, s in enumerate(SENTENCES * 3)),
        tuple(f"No {i}: {s}" for i, s in enumerate(SENTENCES * 3)),
        column="text",
    ),
    "what goes into a cake": Kind(
        "cake.txt",
        "".join(f"{i % 3 + 1} {s}\n" for i, s in enumerate(SENTENCES * 2)),
        tuple(f"{i % 3 + 1} {s}" for i, s in enumerate(SENTENCES)),
    ),
    # JSON
    "notes on poems": Kind(
        "a.json",
        json.dumps([{"notes": [f"{s} So it is said."], "paragraphs": [s]} for s in SENTENCES]),
        column="paragraphs[]",
    ),
    "questions four levels down": Kind(
        "a.json",
        json.dumps(
            {
                "version": "2",
                "data": [
                    {
                        "title": f"T{i}",
                        "paragraphs": [
                            {
                                "context": "Long ago. " * 9,
                                "qas": [{"id": HASHES[i], "question": s, "answers": [{"text": "Leeds"}]}],
                            }
                        ],
                    }
                    for i, s in enumerate(SENTENCES)
                ],
            }
        ),
        column="data[].paragraphs[].qas[].question",
    ),
    "two keys down in lines": Kind(
        "a.jsonl",
        lines(
            *(
                {"meta": {"id": h}, "pair": {"de": f, "en": s}}
                for h, f, s in zip(HASHES, FOREIGN, SENTENCES, strict=True)
            )
        ),
        options={"column": "pair.en"},
    ),
    "a data frame by columns": Kind(
        "a.json",
        json.dumps(
            {"text": {str(i): s for i, s in enumerate(SENTENCES)}, "label": {str(i): x for i, x in enumerate(LABELS)}}
        ),
        column="text",
    ),
    "a data frame by rows": Kind("a.json", json.dumps({str(i): {"n": i, "text": s} for i, s in enumerate(SENTENCES)})),
    "a data frame, split": Kind(
        "a.json",
        json.dumps(
            {"columns": ["n", "text"], "index": [0, 1, 2, 3, 4, 5], "data": [[i, s] for i, s in enumerate(SENTENCES)]}
        ),
        column="text",
    ),
    "a data frame of values": Kind("a.json", json.dumps([[i, s] for i, s in enumerate(SENTENCES)])),
    "a data frame with its schema": Kind(
        "a.json",
        json.dumps(
            {
                "schema": {"fields": [{"name": "index"}]},
                "data": [{"index": i, "text": s} for i, s in enumerate(SENTENCES)],
            }
        ),
        column="text",
    ),
    "arrays side by side": Kind("a.json", json.dumps({"labels": LABELS, "sentences": SENTENCES}), column="sentences"),
    "an object of many objects": Kind(
        "a.json",
        json.dumps(
            {f"k{h}": {"body": s, "user": "u"} for h, s in zip(HASHES * 4, SENTENCES * 4, strict=True)}
            | {f"x{i}": {"body": SENTENCES[0]} for i in range(20)}
        ),
    ),
    "one text in each place": Kind(
        "en.json",
        json.dumps({"menu": {"open": SENTENCES[0], "close": SENTENCES[1]}, "help": SENTENCES[2]}),
        SENTENCES[:3],
    ),
    # Chats
    "a phone, American": Kind("c.txt", chat(("3/9/24, 9:1", " PM - "), "Zoe: image omitted", "Zoe added Karl"), CHAT),
    "the other phone, German": Kind(
        "c.txt",
        chat(("[09.03.24, 21:14:0", "] "), "Zoe: \u200eBild weggelassen", "Zoe: Diese Nachricht wurde gelöscht."),
        CHAT,
        never=("Zoe", "]", "21:"),
    ),
    "narrow spaces, p.\xa0m.": Kind(
        "c.txt",
        chat(
            ("\u200e[9/3/24, 9:14:0", "\u202fp.\xa0m.] "), "Zoe: <Multimedia omitido>", "Zoe: Se eliminó este mensaje."
        ),
        CHAT,
    ),
    "years first": Kind("c.txt", chat(("2024/03/09 21:1", " - "), "Zoe: <メディアは含まれていません>"), CHAT),
    "in Korean": Kind(
        "c.txt",
        chat(("2024. 3. 9. 오후 9:1", ", "), "Zoe: 삭제된 메시지입니다.").replace(", Z", " - Z").replace(", K", " - K"),
        CHAT,
    ),
    "a relay": Kind("c.txt", chat(("[09:1", "] <")).replace("Zoe:", "zoe>").replace("Karl-Heinz B.:", "kh>"), CHAT),
    "several lines": Kind(
        "c.txt",
        chat(("01/02/2023, 10:0", " - "), "Zoe: one\ntwo\nthree"),
        includes=("one two three",),
        never=("10:0", "Zoe"),
    ),
    "who wrote, asked for": Kind(
        "c.txt", chat(("3/9/24, 9:1", " PM - ")), ("Zoe", "Karl-Heinz B."), options={"column": "name"}
    ),
    "a team's channel": Kind(
        "2023-05-01.json",
        json.dumps(
            [
                {
                    "type": "message",
                    "subtype": "channel_join",
                    "user": "U0AAAAAA1",
                    "text": "<@U0AAAAAA1> has joined",
                    "ts": "1",
                },
                {
                    "type": "message",
                    "user": "U0AAAAAA1",
                    "text": "<@U0AAAAAA2> see <https://x.example|the plan> &amp; tell",
                    "ts": "2",
                },
                {"type": "message", "user": "U0AAAAAA2", "text": "Looks good to me", "ts": "3"},
            ]
        ),
        ("see the plan & tell", "Looks good to me"),
    ),
    "a server's channel": Kind(
        "general.json",
        json.dumps(
            {
                "guild": {"id": "1", "name": "Club"},
                "messages": [
                    {
                        "id": "1",
                        "type": "GuildMemberJoin",
                        "timestamp": "t",
                        "content": "Joined the server.",
                        "author": {"name": "m"},
                    },
                    *(
                        {
                            "id": str(i),
                            "type": "Default",
                            "timestamp": "2023-05-01T10:00:00",
                            "content": s,
                            "author": {"name": "n"},
                            "reactions": [],
                        }
                        for i, s in enumerate(SENTENCES)
                    ),
                ],
            }
        ),
        column="messages[].content",
    ),
    "pieces of a message": Kind(
        "result.json",
        json.dumps(
            {
                "name": "n",
                "messages": [
                    {"id": 1, "type": "message", "from": "A", "text": [{"type": "bold", "text": "All "}, "of it"]},
                    {"id": 2, "type": "message", "from": "B", "text": "Right"},
                    {"id": 3, "type": "service", "actor": "A", "action": "pin_message", "text": ""},
                ],
            }
        ),
        ("All of it", "Right"),
    ),
    "a message below its stamp": Kind(
        "c.txt", "".join(f"Zoe, [20/08/2026 09:1{i}]\n{s}\n\n" for i, s in enumerate(CHAT)), CHAT
    ),
    "tabs and days": Kind(
        "c.txt",
        "2024/03/12(Tue)\n" + "".join(f"09:1{i}\tZoe\t{s}\n2024/03/13(Wed)\n" for i, s in enumerate(CHAT)),
        CHAT,
    ),
    "a picture with words": Kind(
        "c.txt",
        chat(
            ("3/9/24, 9:1", " PM - "),
            "Zoe: IMG-2024-WA0001.jpg (file attached)\nmy new hat",
            "Zoe: so far <attached: 01.jpg>",
        ),
        (*CHAT[:3], "my new hat", "so far", CHAT[3]),
    ),
    # Subtitles, pages, notes, trees, notebooks
    "names alone": Kind("t.txt", "".join(f"{'ANN' if i % 2 else 'Bo'}: {s}\n" for i, s in enumerate(SENTENCES))),
    "no names at all": Kind(
        "t.txt", "Rule: one\nNote: two\nTip: three\nPS: four\n", ("Rule: one", "Note: two", "Tip: three", "PS: four")
    ),
    "rows without names in lines": Kind(
        "a.jsonl", lines(*([i, s] for i, s in enumerate(SENTENCES))), column="column 2"
    ),
    "words below each other": Kind(
        "n.txt",
        "-DOCSTART- O\n\nAnn B-PER\ndoes O\nn't O\nknow O\n. O\n\nShe O\nleft O\nRome B-LOC\n. O\n",
        ("Ann doesn't know.", "She left Rome."),
    ),
    "tags around lines": Kind(
        "p.txt", "<p>One is here.</p>\n<p>Two &amp; three.</p>\n", ("One is here.", "Two & three.")
    ),
    "who came and went": Kind(
        "c.log", "[10:01] <ann> hi all\n[10:02] * bob joined\n[10:03] <bob> hey\n", ("hi all", "hey")
    ),
    "ends of utterances": Kind(
        "d.txt",
        "Hi there __eou__ Hello __eou__\nFine __eou__ Thanks __eou__\n",
        ("Hi there", "Hello", "Fine", "Thanks"),
    ),
    "labels before their lines": Kind(
        "l.txt", "".join(f"__label__{x} {s}\n" for x, s in zip(LABELS, SENTENCES, strict=True))
    ),
    "an archive of a network": Kind(
        "tweets.js",
        "window.YTD.tweets.part0 = " + json.dumps([{"tweet": {"id": "1", "full_text": s}} for s in SENTENCES]),
        column="tweet.full_text",
    ),
    "numbers before lines, no headings": Kind("a.txt", rows(numbers(), SENTENCES, separator=";")),
    "a survey's questions": Kind(
        "a.csv",
        "id,How did you like the course this year?,Would you come again next time?\n"
        + "".join(f"{i},{s},{'yes' if i % 2 else 'no'}\n" for i, s in enumerate(SENTENCES)),
    ),
    "a styled script": Kind(
        "film.ass",
        "[Script Info]\nTitle: x\n\n[Events]\nFormat: Layer, Start, Text\n"
        "Dialogue: 0,0:02:17.40,0:02:20.40,Default,,0,0,0,,{\\i1}Well, then\\Nwe go.\n"
        "Dialogue: 0,0:02:27.40,0:02:29.40,Default,,0,0,0,,No.\n",
        ("Well, then we go.", "No."),
    ),
    "captions that a program heard": Kind("talk.en.vtt", ROLLING, ("so today we", "bake bread")),
    "captions": Kind("talk.vtt", CAPTIONS, ("We never asked for any of this.", "Who is it?", "Me.")),
    "subtitles in a txt": Kind("film.txt", FILM, ("Run!", "The bridge, it is falling down.")),
    "a page": Kind("p.html", PAGE, ("Bees", "Bees dance & sing.", "They fly.", "Wax")),
    "a note": Kind(
        "n.md", NOTE, ("Title", "We sang all night, see notes.", "First x", "Second", "Tea", "Milk", "hot", "cold")
    ),
    "a treebank without texts": Kind("t.conllu", TREES, ("Im Haus.", "Geh!")),
    "a notebook": Kind(
        "n.ipynb",
        json.dumps(
            {
                "nbformat": 4,
                "metadata": {},
                "cells": [
                    {"cell_type": "markdown", "metadata": {}, "source": ["# Snow\n", "It *falls* slowly."]},
                    {"cell_type": "code", "metadata": {}, "source": "print('never')", "outputs": [{"text": "never"}]},
                    {"cell_type": "markdown", "metadata": {}, "source": "It melts."},
                ],
            }
        ),
        ("Snow", "It falls slowly.", "It melts."),
    ),
    # Plain texts
    "a book with the marks and notes of those who typed it": Kind(
        "b.txt", TYPED_BOOK, ("The moor was wide.", "Pegs.", "They bought ten of them."), options={"layout": "running"}
    ),
    "a book with lists and speech": Kind(
        "b.txt",
        MIXED_BOOK,
        includes=(
            "Nobody in the village had ever seen a box like that one, and it was so heavy that four men were needed to "
            "carry it up to the house.",
            "a hinge, een scharnier.",
            '"Open it."',
            "He rose.",
        ),
    ),
    "a wrapped book": Kind(
        "b.txt",
        BOOK,
        (
            "There was a hill, and on the hill there stood a house with a red roof.",
            "It was empty, and the wind went in and out of it as it pleased.",
        ),
    ),
    "verse with long lines": Kind("v.txt", LONG_VERSE, tuple(LONG_VERSE.splitlines())),
    "headlines": Kind("h.txt", HEADLINES, tuple(HEADLINES.splitlines())),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_kind_is_read_for_its_sentences_alone(kind: Kind) -> None:
    found = read_corpus(kind.text.encode(), kind.name, **(kind.options or {}))
    if kind.includes:
        assert set(kind.includes) <= set(found.sentences)
    else:
        assert found.sentences == kind.sentences
    assert not [sentence for sentence in found.sentences for part in kind.never if part in sentence]
    if kind.column is not None:
        assert found.report.column == kind.column
