"""The card of a model: what it is, what it learned from, how it does and where it ends, as the Hub shows it."""

from __future__ import annotations

import json
import re

from vae.config.families import FAMILIES
from vae.config.presets import DEFAULT_PRESET, PRESETS
from vae.evaluation.evaluation import Evaluation
from vae.evaluation.figures import FIGURES
from vae.hub.client import MODEL_FILE
from vae.model.checkpoint import Checkpoint
from vae.model.text_model import sample

CURVE_FILE = "training.svg"
_SAMPLES, _SEED = 8, 1
_NO_RECIPE = ("steps", "threads")  # how long it took is told in words; the other changes no weight
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|!~&])")


def model_card(
    checkpoint: Checkpoint, name: str, licence: str, *, evaluation: Evaluation | None = None, command: str = "",
    curve: bool = False,
) -> str:  # fmt: skip
    """The card as Markdown with front matter.

    Args:
        name: OWNER/NAME of the repository.
        licence: as the Hub names it, such as "cc-by-4.0"; it is that of the text, which a model may say again.
        evaluation: figures on sentences that it did not learn from, if there are some.
        command: that gave them.
        curve: whether a picture of the training lies beside the card, as CURVE_FILE.
    """
    info, spec = checkpoint.info, FAMILIES[checkpoint.config.family]
    trained = f"{_plain(info.trained_on)}, {info.sentences:,} sentences"
    if info.attribution:
        trained += f". {_plain(info.attribution)}"
    front = ["---", f"license: {json.dumps(licence)}", "library_name: sentence-space", "tags:"]
    front += [f"  - {tag}" for tag in ("text-generation", "sentence-space", "latent-space", checkpoint.config.family)]
    parts = [
        "\n".join([*front, "---"]),
        f"# {_plain(info.name)}",
        f"{spec.title} of single sentences, made with Sentence space. {_plain(spec.summary)}",
        f"## What it learned from\n\n{trained}. What it says may hold sentences of that text, word for word: "
        f"the text's licence ({_plain(licence)}) is that of the model.",
        _figures(checkpoint, evaluation, command),
        "## What it says\n\nDrawn from its prior, the likeliest words, unpicked (seed "
        f"{_SEED}):\n\n" + "\n".join(f"- {_plain(said)}" for said in _sentences(checkpoint)),
        _recipe(checkpoint),
        _limits(checkpoint),
        f"## Use\n\n```bash\npython -m vae fetch {name} --output {MODEL_FILE}\n"
        f"python -m vae sample {MODEL_FILE} -n 10\n```\n\n"
        "Or load the file in the page of Sentence space, behind the model's name.",
    ]
    if curve:
        parts.insert(5, f"![Reconstruction and KL during the training]({CURVE_FILE})")
    return "\n\n".join(parts) + "\n"


def _figures(checkpoint: Checkpoint, evaluation: Evaluation | None, command: str) -> str:
    """What is known of how it does."""
    info = checkpoint.info
    told = f"## How it does\n\n{_plain(info.verdict)} "
    if FAMILIES[checkpoint.config.family].has_latent_space:
        told += f"On held-out sentences: reconstruction {info.nll:.1f} nats, KL {sum(info.kl):.1f} nats a sentence."
    else:
        told += f"On held-out sentences: {info.nll:.1f} nats a sentence."
    if evaluation is None:
        return told
    rows = ["| figure | | what it tells |", "| --- | ---: | --- |"]
    for figure in FIGURES.values():
        value = getattr(evaluation, figure.name, None)
        if isinstance(value, int | float):
            rows.append(f"| {figure.title} | {figure.format_value(value)} {figure.unit} | {_plain(figure.help)} |")
    return f"{told}\n\n" + "\n".join(rows) + f"\n\nBy `{command}`."


def _recipe(checkpoint: Checkpoint) -> str:
    """How it was trained: what differs from the preset that it is nearest to."""
    config = checkpoint.config.to_dict()
    differences = {
        preset.name: {k: v for k, v in config.items() if k not in _NO_RECIPE and preset.config.to_dict().get(k) != v}
        for preset in PRESETS.values()
    }
    nearest = min(differences, key=lambda preset: (len(differences[preset]), preset != DEFAULT_PRESET))
    rows = "\n".join(f"| {k} | {json.dumps(v)} |" for k, v in sorted(differences[nearest].items()))
    table = f"\n\n| setting | |\n| --- | --- |\n{rows}" if rows else ""
    steps, weights = f"{checkpoint.info.steps:,} steps", f"{checkpoint.info.parameters:,} weights"
    return f"## Recipe\n\n{steps}, {weights}; the preset *{nearest}*{', but for:' if rows else '.'}{table}"


def _limits(checkpoint: Checkpoint) -> str:
    """What it cannot do, and what not to use it for."""
    limits = [
        f"It says one sentence at a time, of at most {checkpoint.info.max_tokens} pieces, in the manner of its text.",
        "It knows nothing but that text: what it says need not be true, and the text's prejudices are its own.",
        "It may repeat sentences of its text. Hashes of these and of their words stand in the file.",
    ]
    if limitation := FAMILIES[checkpoint.config.family].limitation:
        limits.insert(0, limitation)
    return "## Limits\n\n" + "\n".join(f"- {_plain(limit)}" for limit in limits)


def _sentences(checkpoint: Checkpoint) -> list[str]:
    return [point.text for point in sample(checkpoint.text_model, _SAMPLES, distinct=True, made_up=False, seed=_SEED)]


def _plain(text: str) -> str:
    """Anybody's words as Markdown that shows just these, in one line."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))
