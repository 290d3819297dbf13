"""Model files read and written by hand, and what a stranger might make of one."""

from __future__ import annotations

import hashlib
import json
import random
import struct
from collections.abc import Callable
from typing import Any

Header = dict[str, Any]
Arrays = dict[str, bytes]
BESIDE = frozenset({"tokenizer", "seen", "known", "words"})  # the weights
OTHER_FILES = [
    b"", b"\0" * 8, b"\0" * 100, b"{}", b"just some text\n" * 100, b"PK\x03\x04" + b"\0" * 500, b"\x80\x04K\x01.",
    b"\x89PNG\r\n\x1a\n" + bytes(range(256)), struct.pack("<Q", 2) + b"{}", struct.pack("<Q", 2**63) + b"{}",
    struct.pack("<Q", 2**64 - 1) + b"{" * 500, struct.pack("<Q", 300 * 2**10) + b" " * 400 * 2**10,
    struct.pack("<Q", 4) + b"null", struct.pack("<Q", 2) + b"[]", struct.pack("<Q", 20) + b'{"__metadata__":null}',
]  # fmt: skip


def unpack(data: bytes) -> tuple[Header, Arrays]:
    """The file format read by hand: a header in JSON, and each tensor's bytes."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    body = data[8 + length :]
    spans = {name: entry["data_offsets"] for name, entry in header.items() if name != "__metadata__"}
    return header, {name: body[start:stop] for name, (start, stop) in spans.items()}


def pack(header: Header, arrays: Arrays, *, sign: bool = True) -> bytes:
    """The file with offsets and checksums worked out anew, as somebody with bad intentions would."""
    header = json.loads(json.dumps(header))
    start, body = 0, b""
    for name, array in arrays.items():
        header[name]["data_offsets"] = [start, start := start + len(array)]
        body += array
    if sign:
        weights = hashlib.sha256()
        for name in sorted(set(arrays) - BESIDE):
            weights.update(name.encode() + arrays[name])
        parts: Arrays = {name: arrays[name] for name in sorted(BESIDE) if name in arrays}
        parts |= {name: str(header["__metadata__"].get(name)).encode() for name in ("config", "info")}
        digests = {name: hashlib.sha256(part).hexdigest() for name, part in parts.items()}
        header["__metadata__"]["sha256"] = json.dumps({"weights": weights.hexdigest(), **digests})
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def described(header: Header, part: str, /, **changes: Any) -> None:
    """Change fields of the config or the info in the metadata."""
    header["__metadata__"][part] = json.dumps({**json.loads(header["__metadata__"][part]), **changes})


def edited(data: bytes, edit: Callable[[Header, Arrays], Any]) -> bytes:
    header, arrays = unpack(data)
    edit(header, arrays)
    return pack(header, arrays)


EDITS: dict[str, Callable[[Header, Arrays], Any]] = {
    "extra tensor": lambda h, a: (h.update(more={"dtype": "F16", "shape": [1]}), a.update(more=b"\0\0")),
    "missing tensor": lambda h, a: (h.pop("bias"), a.pop("bias")),
    "missing tokenizer": lambda h, a: (h.pop("tokenizer"), a.pop("tokenizer")),
    "missing seen": lambda h, a: (h.pop("seen"), a.pop("seen")),
    "renamed tensor": lambda h, a: (h.update(bios=h.pop("bias")), a.update(bios=a.pop("bias"))),
    "other dtype of same size": lambda h, a: h["bias"].update(dtype="BF16"),
    "other dtype of weights": lambda h, a: h["bias"].update(dtype="F64"),
    "unknown dtype": lambda h, a: h["bias"].update(dtype="X9"),
    "signed tokenizer": lambda h, a: h["tokenizer"].update(dtype="I8"),
    "missing known": lambda h, a: (h.pop("known"), a.pop("known")),
    "known of another size": lambda h, a: (h["known"].update(shape=[9]), a.update(known=a["known"][:9])),
    "seen as floats": lambda h, a: h["seen"].update(dtype="F32"),
    "transposed": lambda h, a: h["embedding.weight"].update(shape=h["embedding.weight"]["shape"][::-1]),
    "flattened": lambda h, a: h["embedding.weight"].update(shape=[len(a["embedding.weight"]) // 2]),
    "short tensor": lambda h, a: (h["bias"].update(shape=[399]), a.update(bias=a["bias"][:-2])),
    "huge shape": lambda h, a: h["bias"].update(shape=[2**60]),
    "overflowing shape": lambda h, a: h["bias"].update(shape=[2**40, 2**40]),
    "negative shape": lambda h, a: h["bias"].update(shape=[-400]),
    "shape of text": lambda h, a: h["bias"].update(shape=["400"]),
    "shape of nothing": lambda h, a: h["bias"].update(shape=None),
    "tokenizer's shape of text": lambda h, a: h["tokenizer"].update(shape=["many"]),
    "tokenizer's shape of nothing": lambda h, a: h["tokenizer"].update(shape=[None]),
    "tokenizer's shape of lists": lambda h, a: h["tokenizer"].update(shape=[[1]]),
    "tokenizer's shape square": lambda h, a: h["tokenizer"].update(shape=[1, len(a["tokenizer"])]),
    "tokenizer said to be huge": lambda h, a: h["tokenizer"].update(shape=[2**40]),
    "seen a square": lambda h, a: h["seen"].update(shape=[len(a["seen"]) // 8, 2]),
    "empty tokenizer": lambda h, a: (h["tokenizer"].update(shape=[0]), a.update(tokenizer=b"")),
    "tokenizer of zeros": lambda h, a: a.update(tokenizer=b"\0" * len(a["tokenizer"])),
    "not a number among the weights": lambda h, a: a.update(bias=b"\x00\x7e" + a["bias"][2:]),
    "infinity among the weights": lambda h, a: a.update(bias=b"\x00\x7c" + a["bias"][2:]),
    "seen out of order": lambda h, a: a.update(seen=a["seen"][-4:] + a["seen"][4:-4] + a["seen"][:4]),
    "words as floats": lambda h, a: h["words"].update(dtype="F32"),
    "words a square": lambda h, a: h["words"].update(shape=[len(a["words"]) // 8, 2]),
    "words out of order": lambda h, a: a.update(words=a["words"][-4:] + a["words"][4:-4] + a["words"][:4]),
    "seen twice": lambda h, a: a.update(seen=a["seen"][:4] + a["seen"][:-4]),
    "config is no text": lambda h, a: h["__metadata__"].update(config=[]),
    "other format": lambda h, a: h["__metadata__"].update(format="5"),
    "no format": lambda h, a: h["__metadata__"].pop("format"),
    "no config": lambda h, a: h["__metadata__"].pop("config"),
    "no info": lambda h, a: h["__metadata__"].pop("info"),
    "config is no JSON": lambda h, a: h["__metadata__"].update(config="{latent: 4}"),
    "config is a list": lambda h, a: h["__metadata__"].update(config="[]"),
    "config is deep": lambda h, a: h["__metadata__"].update(config="[" * 50_000),
    "config is a deep object": lambda h, a: h["__metadata__"].update(config='{"a":' * 30_000 + "1" + "}" * 30_000),
    "config names a field twice": lambda h, a: h["__metadata__"].update(config='{"latent": 4, "latent": 4}'),
    "config is not a number": lambda h, a: h["__metadata__"].update(config='{"beta": NaN}'),
    "config is infinite": lambda h, a: h["__metadata__"].update(config='{"beta": 1e999}'),
    "config is minus infinite": lambda h, a: h["__metadata__"].update(config='{"beta": -Infinity}'),
    "config is a long number": lambda h, a: h["__metadata__"].update(config=f'{{"latent": {"9" * 400}}}'),
    "config is a very long number": lambda h, a: h["__metadata__"].update(config=f'{{"latent": {"9" * 9000}}}'),
    "config out of range": lambda h, a: described(h, "config", hidden=10**6),
    "config below its range": lambda h, a: described(h, "config", latent=-4),
    "config of another type": lambda h, a: described(h, "config", latent="4"),
    "config with a fraction": lambda h, a: described(h, "config", latent=4.0),
    "config with an unknown field": lambda h, a: described(h, "config", hiden=24),
    "config of another shape": lambda h, a: described(h, "config", hidden=48),
    "config of the largest shape": lambda h, a: described(h, "config", hidden=2048, embedding=1024),
    "config of one direction": lambda h, a: described(h, "config", bidirectional=False),
    "latent size of another config": lambda h, a: described(h, "config", latent=5),
    "info of another latent size": lambda h, a: described(h, "info", kl=[1.0] * 5),
    "info with a text for a number": lambda h, a: described(h, "info", nll="low"),
    "info with a number for a text": lambda h, a: described(h, "info", name=5),
    "info with a whole number for a figure": lambda h, a: described(h, "info", kl=[1, 1, 1, 1]),
    "info that is not a number": lambda h, a: described(h, "info", nll=float("nan")),
    "info that is infinite": lambda h, a: described(h, "info", kl=[1e999, 1.0, 1.0, 1.0]),
    "info with a long text": lambda h, a: described(h, "info", attribution="x" * 100_000),
    "info with a text that is none": lambda h, a: described(h, "info", name="\ud800"),
    "info with a negative count": lambda h, a: described(h, "info", sentences=-1),
    "info with a yes for a count": lambda h, a: described(h, "info", steps=True),
    "info without room to speak": lambda h, a: described(h, "info", max_tokens=0),
    "info with endless room to speak": lambda h, a: described(h, "info", max_tokens=10**9),
    "info with an unknown field": lambda h, a: described(h, "info", more=1),
    "info as a list": lambda h, a: h["__metadata__"].update(info="[]"),
}  # fmt: skip


def mutant(data: bytes, random_: random.Random) -> bytes:
    """The file with bits flipped, bytes replaced, parts cut out, moved or doubled; half of it near the header."""
    changed = bytearray(data)
    header_end = 8 + struct.unpack("<Q", data[:8])[0]
    reach = random_.choice((8, header_end, header_end, len(data)))
    kind = random_.randrange(6)
    at = random_.randrange(reach)
    span = random_.choice((1, 2, 8, 100))
    if kind == 0:
        changed[at] ^= 1 << random_.randrange(8)
    elif kind == 1:
        changed[at] = (changed[at] + random_.randrange(1, 256)) % 256
    elif kind == 2:
        changed[at : at + span] = random_.randbytes(span)
    elif kind == 3:
        del changed[at : at + span]
    elif kind == 4:
        changed[at:at] = changed[at : at + span]
    else:
        other = random_.randrange(reach)
        changed[at : at + span], changed[other : other + span] = changed[other : other + span], changed[at : at + span]
    return bytes(changed)
