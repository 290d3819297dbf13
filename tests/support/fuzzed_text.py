"""Strings that no person writes, of all scripts."""

from __future__ import annotations

import random

# Of many scripts, and what SentencePiece or we treat in its own way.
ALPHABET = [
    *"ab z.éßłŁšαΩжйЩשםعربيهندीक्षทยิ的国日カ゛ー한글ᄀ👍🏽🇩🇪😀ﬁÅ\U0010ffff\u0301\u0323\u0344\u0f73\u200d\u200c",
    *"\u2581\u2585\ue0fc\ue0fd\ue0fe\ue0fe  \n\t\0\x1c\x85\xa0\u2003\u3000\ufeff\ufffd\uffff\r\x7f\u202e\u2047",
    "<0x41>", "<s>", "<unk>", "\npad", "the ",
]  # fmt: skip


def fuzzed(number: int, seed: int) -> list[str]:
    """Strings of all scripts, each of up to 30 parts; one in ten is of a single part that comes again and again."""
    random_ = random.Random(seed)
    return [
        "".join(random_.choices(random_.choices(ALPHABET, k=1) if i % 10 == 0 else ALPHABET, k=random_.randrange(30)))
        for i in range(number)
    ]
