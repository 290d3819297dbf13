"""Names: does a person or a place that the text seldom or never has survive in a model's space?

    python tests/benchmarks/names.py write TRAIN.txt OUT.txt
    python tests/benchmarks/names.py measure MODEL HELD_OUT.txt [--sentences 200] [--json]

Every fifth sentence of Tatoeba's English is about Tom. `write` gives six in ten of the lines with Tom, Mary or Boston
other names, the same in the whole line, so that a model learns to keep a name and not to say Tom. `measure` gives
held-out sentences names that `write` never uses, and counts how often all of the names come back, and how often the
whole sentence does: from the encoder's guess at the code and from the code found by search, beside the sentences as
they were.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path

from vae.model import checkpoint
from vae.model.text_model import TextModel, decode, find_codes

PATTERN = re.compile(r"\b(Tom|Mary|Boston)\b")
SEED, SHARE = 14, 0.6
NAMES: dict[str, dict[str, str]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
TAUGHT, OTHERS = ({name: others.split() for name, others in NAMES[which].items()} for which in ("taught", "others"))


def exchange(line: str, names: dict[str, list[str]], rng: random.Random) -> tuple[str, list[str]]:
    """A line with other names in place of Tom, Mary and Boston, and these names."""
    chosen = {name: rng.choice(others) for name, others in names.items()}
    return PATTERN.sub(lambda match: chosen[match[1]], line), [chosen[name] for name in set(PATTERN.findall(line))]


def write(source: Path, target: Path) -> None:
    """The text to learn from."""
    rng, lines = random.Random(SEED), []
    for line in source.read_text(encoding="utf-8").split("\n"):
        if PATTERN.search(line) and rng.random() < SHARE:
            line, _ = exchange(line, TAUGHT, rng)
        lines.append(line)
    target.write_text("\n".join(lines), encoding="utf-8")


def survival(tm: TextModel, sentences: Sequence[str], names: Sequence[Sequence[str]]) -> dict[str, float]:
    """The shares of sentences of which the names, and of which all, come back."""
    codes, found = find_codes(tm, sentences), {}
    for way, z in (("guess", codes.mu), ("search", codes.z)):
        said = decode(tm, z)
        kept = [all(name in text for name in wanted) for text, wanted in zip(said, names, strict=True)]
        found[f"names_{way}"] = sum(kept) / len(said)
        found[f"exact_{way}"] = sum(a == b for a, b in zip(said, sentences, strict=True)) / len(said)
    return found


def measure(model: Path, held_out: Path, count: int) -> dict[str, object]:
    """Survival in as many sentences with a name, as they are and with other names."""
    tm, rng = checkpoint.load(model).text_model, random.Random(SEED)
    lines = [line for line in held_out.read_text(encoding="utf-8").splitlines() if PATTERN.search(line)][:count]
    before = survival(tm, lines, [PATTERN.findall(line) for line in lines])
    after = [exchange(line, OTHERS, rng) for line in lines]
    exchanged = survival(tm, [line for line, _ in after], [names for _, names in after])
    return {"sentences": len(lines), "as_they_were": before, "exchanged": exchanged}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="command")
    writing = commands.add_parser("write")
    writing.add_argument("source", type=Path)
    writing.add_argument("target", type=Path)
    measuring = commands.add_parser("measure")
    measuring.add_argument("model", type=Path)
    measuring.add_argument("held_out", type=Path)
    measuring.add_argument("--sentences", type=int, default=200)
    measuring.add_argument("--json", action="store_true", help="only the figures")
    arguments = parser.parse_args()
    if arguments.command == "write":
        write(arguments.source, arguments.target)
        return
    found = measure(arguments.model, arguments.held_out, arguments.sentences)
    print(json.dumps(found) if arguments.json else json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
