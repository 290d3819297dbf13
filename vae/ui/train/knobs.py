"""The settings of a training as controls: which of them, in which groups, and which of them a family has no use for."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr

from vae.config.config import Config, Parameter
from vae.config.families import FAMILIES
from vae.config.fine_tuning import INHERITED, UNUSED
from vae.config.presets import DEFAULT_PRESET, PRESETS
from vae.messages.message import Message, UserError
from vae.serving.visitors.session import Session
from vae.serving.visitors.trainings import PARAMETERS, SCRATCH, configure
from vae.serving.visitors.validation import choice

MAIN = (  # all that a verdict's advice may name, and the length
    "steps", "minutes", "epochs", "latent", "hidden", "beta", "free_bits", "word_dropout", "autoencoder", "adversarial",
    "learning_rate", "seed",
)  # fmt: skip
# Chosen elsewhere, the server's to decide, of interest to the command line alone, or, if anybody could set them, a way
# to models that are too large to be loaded again.
HIDDEN = frozenset({
    "family", "tokenizer", "vocabulary", "embedding", "encoder_hidden", "bidirectional", "warmup", "clip",
    "batch", "precision", "device", "threads", "tied", "dropout_kind", "initial_weights", "optimizer", "patience",
    "patience_from", "halvings", "equal_lengths", "encoder_last",
})  # fmt: skip
RECIPES = tuple(name for name in PARAMETERS if name not in HIDDEN and name not in MAIN)
KNOBS = MAIN + RECIPES
STEPS = {"latent": 1.0, "hidden": 8.0}  # of the sliders that go by other steps than shares and weights do
FINE = {"learning_rate": 0.0001}  # a step of those that are fields
MOST = {"autoencoder": 0.7}  # the rest of the run is the warm-up's, which the page leaves as it is
SHORT = 10.0  # the longest range of a slider: on a longer one no value could be aimed at


def slides(known: Parameter) -> bool:
    """Whether a parameter is set with a slider."""
    return known.name in STEPS or (known.kind is float and known.name not in FINE and (known.high or 0) <= SHORT)


def knob(name: str) -> Any:
    """The control of a parameter, with its label, range and explanation from the config's own metadata."""
    known = PARAMETERS[name]
    shared: dict[str, Any] = {
        "value": getattr(PRESETS[DEFAULT_PRESET].config, name), "label": known.label, "info": known.help,
        "elem_id": f"train-{name}", "min_width": 400, "visible": name not in FAMILIES["vae"].unused_settings,
    }  # fmt: skip
    if known.choices:
        return gr.Dropdown(list(known.choices), **shared)
    if known.kind is bool:
        return gr.Checkbox(**shared)
    if slides(known):
        most = MOST.get(name, known.high or 1)
        return gr.Slider(**shared, minimum=known.low or 0, maximum=most, step=STEPS.get(name, 0.05))
    # Start tells of a value out of range
    return gr.Number(precision=0 if known.kind is int else None, step=FINE.get(name, 1), **shared)


def board() -> list[Any]:
    """All knobs, laid out in the order of KNOBS: the main ones, and the rest folded away."""
    with gr.Row(elem_classes=["knobs"]):
        controls = [knob(name) for name in MAIN]
    fold = gr.Accordion("More settings", open=False, elem_classes=["fold"], elem_id="train-recipes")
    with fold, gr.Row(elem_classes=["knobs"]):
        controls += [knob(name) for name in RECIPES]
    return controls


def values(session: Session, preset: str) -> list[Any]:
    """The knobs as a preset sets them."""
    config = configure(preset, {})
    return [getattr(config, name) for name in KNOBS]


def chosen(controls: Sequence[object], start_from: str) -> dict[str, object]:
    """The settings that the knobs stand at, but those of a beginning where a model to start from has had its own."""
    over = () if start_from == SCRATCH else UNUSED
    return {name: value for name, value in zip(KNOBS, controls, strict=True) if name not in over}


def fault(error: ValueError) -> str:
    """What is wrong with a setting, by the name of its control; whatever else is wrong, as it says itself."""
    if not isinstance(error, UserError) or error.message.key != "config.out_of_range":
        return str(error)
    name, value, low, high = (error.message.values[key] for key in ("name", "value", "low", "high"))
    low, high = (f"{end:,.6f}".rstrip("0").rstrip(".") for end in (low, high))
    return str(Message("ui.train.out_of_range", label=PARAMETERS[name].label, value=value, low=low, high=high))


def fitting(session: Session, family: str, start_from: str) -> list[Any]:
    """What a family is, what of a model to start from stays as it is, and the knobs that there is a use for then."""
    unused = FAMILIES[choice(family, "Family", tuple(FAMILIES))].unused_settings
    base = next((model for model in session.models() if (model.id, model.family) == (start_from, family)), None)
    told = ""
    if base:
        try:
            told = _kept(base.name, session.checkpoint(base).config)
        except ValueError as error:  # it is damaged, which Start would tell, too
            told = f"<p class='hint'>{escape(str(error))}</p>"
        unused |= {*INHERITED, *UNUSED}
    return [words(family), told, *(gr.update(visible=name not in unused) for name in KNOBS)]


def _kept(name: str, config: Config) -> str:
    """What a fine-tuning takes from a model."""
    kept = [PARAMETERS[field] for field in INHERITED if field != "family" and FAMILIES[config.family].uses(field)]
    values = (f"{one.label.lower()} {_value(getattr(config, one.name))}" for one in kept)
    return (
        f"<p class='hint'>Fine-tuning keeps the shape of <b>{escape(name)}</b>: {', '.join(values)}. It skips the "
        "autoencoder phase and the warm-up, and learns at half the learning rate below.</p>"
    )


def _value(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:g}"
    return str(value)


def words(family: str) -> str:
    """How a family learns, and what it has no way to do."""
    kind = FAMILIES[family]
    return f"<p class='hint'>{kind.summary} {kind.limitation}</p>"


def families() -> list[tuple[str, str]]:
    """The families as choices."""
    return [(kind.title, kind.name) for kind in FAMILIES.values()]
