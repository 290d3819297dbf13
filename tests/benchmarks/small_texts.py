"""What quick models of ten small texts in seven scripts say: how many sentences are broken.

    python tests/benchmarks/small_texts.py [--steps 300] [--samples 1000] [--family vae|aae|lm]

Of each text, a few dozen to 200 sentences, it trains the preset "quick" for so many steps and draws samples at three
temperatures and as many sentences on paths. It prints one JSON object: of each text how many of the samples hold a
broken character (U+FFFD), a control character, a line break or the mark of an unknown piece; and how many hold a
character that the text has not.
"""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from vae.config.presets import PRESETS
from vae.model import checkpoint
from vae.model.interpolation import find_paths
from vae.model.text_model import sample
from vae.text.corpus import read_corpus
from vae.training.train import train

TEMPERATURES = (0.0, 1.0, 1.4)
JOINERS = "\u200c\u200d"
# Who, does, what; joined by a blank, but in Japanese by nothing.
TEXTS: dict[str, tuple[str, str, str]] = {
    "English": ("the baker, a nurse, my uncle, our neighbour", "paints, sells, repairs", "the old clock, a boat"),
    "Turkish": ("kedi, çocuk, öğretmen, komşumuz", "bugün şunu alıyor:, yarın onu görüyor:", "ekmek, çiçek, gökyüzü"),
    "Vietnamese": ("cô giáo, người bạn, mẹ tôi", "thích, đang tìm, đã mua", "quyển sách, bông hoa, chiếc xe đạp"),
    "Russian": ("кошка, моя сестра, учитель, старый друг", "видит, любит, находит", "красный мяч, письмо, тихую реку"),
    "Ukrainian": ("їжак, моя бабуся, наш сусід", "бачить, шукає, має", "ґудзик, свіжий хліб, п’ять яблук"),
    "Greek": ("η γάτα, ο δάσκαλος, η αδελφή μου", "βλέπει, θέλει, βρίσκει", "το γράμμα, ένα μήλο, το ποτάμι"),
    "Arabic": ("القطة, المعلم, أختي", "ترى, تحب, تجد", "الكتاب, تفاحة خضراء, النهر الهادئ"),
    "Hebrew": ("החתול, המורה, אחותי", "רואה, אוהבת, מוצאת", "את המכתב, תפוח ירוק, את הנהר"),
    "Hindi": ("बिल्ली, मेरी बहन, शिक्षक", "देखती है, चाहती है, खोजती है", "लाल गेंद, एक चिट्ठी, शांत नदी"),
    "Japanese": ("猫は, 先生は, 妹は, 友だちは", "赤いボールを, 手紙を, りんごを", "見る。, 買う。, さがしている。"),
}  # fmt: skip


def sentences_of(language: str) -> list[str]:
    """All sentences of a text."""
    parts = (part.split(", ") for part in TEXTS[language])
    return [("" if language == "Japanese" else " ").join(words) for words in product(*parts)]


def is_broken(text: str) -> bool:
    """Whether it holds a character that no sentence may hold."""
    return any(
        character in "\ufffd\u2047" or (unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Cn"))
        for character in text
        if character not in JOINERS
    )


def measured(language: str, arguments: argparse.Namespace) -> dict[str, float]:
    text = read_corpus("\n".join(sentences_of(language)).encode(), f"{language}.txt", layout="lines")
    config = replace(PRESETS["quick"].config, minutes=0.0, steps=arguments.steps, family=arguments.family, threads=1)
    with TemporaryDirectory() as folder:
        for _ in train(config, text, Path(folder) / "run"):
            pass
        tm = checkpoint.load(Path(folder) / "run" / "best.safetensors").text_model
    each = -(-arguments.samples // len(TEMPERATURES))
    said = [point.text for t in TEMPERATURES for point in sample(tm, each, temperature=t, prior="normal", spread=1.5)][
        : arguments.samples
    ]
    if tm.latent:
        pairs = list(product(text.sentences[:6], text.sentences[-6:]))
        said += [stop.text for path in find_paths(tm, pairs) for stop in path]
    own = set(" ".join(text.sentences))
    return {
        "learned": len(text.sentences), "said": len(said), "different": len(set(said)),
        "broken": sum(map(is_broken, said)), "foreign": sum(not set(sentence) <= own for sentence in said),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--family", default="vae", choices=("vae", "aae", "lm"))
    arguments = parser.parse_args()
    print(json.dumps({language: measured(language, arguments) for language in TEXTS}, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
