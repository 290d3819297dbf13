"""Every parameter of a training: its default, its range and its help, stated once.

The command line's flags and the page's sliders are built from `parameters()`. A `Config` that exists is valid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from vae.config.families import FAMILIES
from vae.messages.message import Message, UserError


def _number(default: Any, low: float, high: float, group: str, label: str, help: str) -> Any:
    return field(default=default, metadata={"range": (low, high), "group": group, "label": label, "help": help})


def _choice(default: str, choices: tuple[str, ...], group: str, label: str, help: str) -> Any:
    return field(default=default, metadata={"choices": choices, "group": group, "label": label, "help": help})


def _switch(default: bool, group: str, label: str, help: str) -> Any:
    return field(default=default, metadata={"group": group, "label": label, "help": help})


_RETIRED = frozenset({"sharpen"})  # of files of earlier versions: how a model was trained, not what it is


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """The parameters of one training. Lengths are fractions of the run, losses nats, dropouts probabilities.

    Raises:
        UserError (a ValueError): a value is out of its range or not of its type; the message names field, value, range.

    >>> Config(latent=64, steps=500).latent
    64
    >>> Config(latent=1)
    Traceback (most recent call last):
    vae.messages.message.UserError: latent is 1: it must lie between 2 and 256
    """

    tokenizer: str = _choice(
        "bpe", ("bpe", "unigram", "word", "char"), "text", "Pieces",
        "How sentences are cut: bpe and unigram learn frequent pieces of words, word takes whole words, char single "
        "characters.",
    )  # fmt: skip
    vocabulary: int = _number(
        4000, 300, 32000, "text", "Vocabulary", "How many different pieces at most; small texts use fewer."
    )

    family: str = _choice(
        "vae", tuple(FAMILIES), "model", "Family",
        "vae: a variational autoencoder; lm: a language model, without a latent space; aae: an adversarial "
        "autoencoder.",
    )  # fmt: skip
    embedding: int = _number(192, 8, 1024, "model", "Embedding size", "Numbers that stand for one piece.")
    encoder_hidden: int = _number(
        192, 8, 2048, "model", "Encoder size", "Numbers the encoder remembers while it reads, in each direction."
    )
    hidden: int = _number(
        384, 8, 2048, "model", "Decoder size", "Numbers the decoder remembers while it writes a sentence."
    )
    latent: int = _number(
        32, 2, 256, "model", "Latent size", "Dimensions of the space in which a sentence is a point (z)."
    )
    pooling: str = _choice(
        "max", ("last", "mean", "max", "attention"), "model", "Pooling",
        "What the encoder keeps of a sentence: what it remembers at the last word, the mean or the largest over all "
        "words, or a mean that weighs each word (attention).",
    )  # fmt: skip
    z_to: str = _choice(
        "state+inputs+output", ("state+inputs+output", "state+inputs", "state", "inputs"), "model", "Where z enters",
        "How the decoder is told z: as the state it begins with, beside each word it reads, or beside what it says.",
    )  # fmt: skip
    layer_norm: bool = _switch(
        False, "model", "Layer norm", "What the encoder keeps and what the decoder remembers are brought to one scale."
    )
    batch_norm: float = _number(
        0.0, 0.0, 3.0, "model", "Batch-normalised mu",
        "Spread, such as 0.6, that the codes of each batch are given, so that they cannot all be the same; 0 leaves it "
        "out.",
    )  # fmt: skip
    bidirectional: bool = _switch(
        True, "model", "Read both ways", "The encoder reads from the left and from the right."
    )
    tied: bool = _switch(
        True, "model", "One table",
        "One table of embeddings for what is read and what is written; without it encoder, decoder and output have one "
        "each, and the output no bias.",
    )  # fmt: skip
    dropout: float = _number(
        0.2,
        0.0,
        0.9,
        "model",
        "Dropout",
        "Share of the numbers hidden while training, so that it learns instead of reciting.",
    )
    dropout_kind: str = _choice(
        "locked", ("locked", "standard"), "model", "Kind of dropout",
        "locked hides the same numbers at all words of a sentence, from the encoder, too; standard hides others at "
        "each word, in the decoder alone.",
    )  # fmt: skip
    initial_weights: str = _choice(
        "scaled", ("scaled", "uniform"), "model", "First weights",
        "scaled to the size of each layer; or uniform: between -.01 and .01, and between -.1 and .1 in embeddings.",
    )  # fmt: skip

    beta: float = _number(
        1.0, 0.0, 10.0, "loss", "Beta", "Weight of the KL term: higher makes a smoother space, lower a more exact one."
    )
    free_bits: float = _number(
        0.5, 0.0, 4.0, "loss", "Free bits",
        "Nats that each latent dimension may carry at no cost: more keeps the exact words, less the gist.",
    )  # fmt: skip
    free_bits_on: str = _choice(
        "dimension", ("dimension", "sentence", "each"), "loss", "Free bits on",
        "What is free: that much in each dimension, as the mean over sentences; as much on average, however the "
        "dimensions share it; or that much in each dimension of each sentence.",
    )  # fmt: skip
    bag_of_words: float = _number(
        0.5, 0.0, 10.0, "loss", "Bag of words",
        "Weight of a second task, to tell from z alone which pieces occur; it keeps z informative.",
    )  # fmt: skip
    word_dropout: float = _number(
        0.2, 0.0, 1.0, "loss", "Word dropout",
        "Share of the decoder's previous words that are blanked, so that it has to listen to z; a language model "
        "does not use it.",
    )  # fmt: skip
    encoder_noise: float = _number(
        0.1, 0.0, 0.9, "loss", "Encoder noise",
        "Share of the words changed before the encoder reads them, so that neighbours in the space are alike.",
    )  # fmt: skip
    noise_kind: str = _choice(
        "blank", ("blank", "drop", "substitute", "shuffle"), "loss", "Kind of noise",
        "What becomes of those words: they are blanked, dropped, replaced by any others, or moved a few places.",
    )  # fmt: skip
    adversarial: float = _number(
        10.0, 0.0, 100.0, "loss", "Critic",
        "Weight of the critic's say in an adversarial autoencoder: higher brings the points closer to a bell curve.",
    )  # fmt: skip
    autoencoder: float = _number(
        0.1, 0.0, 1.0, "schedule", "Autoencoder phase", "First part of the run in which the KL costs nothing (beta 0)."
    )
    warmup: float = _number(
        0.3, 0.0, 1.0, "schedule", "Warm-up", "Part of the run over which beta then rises to its value."
    )
    beta_schedule: str = _choice(
        "linear", ("constant", "linear", "logistic", "cyclical"), "schedule", "Beta schedule",
        "How beta rises in the warm-up: at once, in a straight line, in an S, or again and again.",
    )  # fmt: skip
    cycles: int = _number(4, 1, 100, "schedule", "Cycles", "Times that beta rises, if it does so again and again.")
    decoder_reset: bool = _switch(
        False, "schedule", "Decoder reset",
        "The decoder forgets everything when the autoencoder phase ends (at once, if it starts from another model), "
        "and learns again from codes that already tell a lot.",
    )  # fmt: skip
    aggressive: int = _number(
        0, 0, 100, "schedule", "Encoder first",
        "Extra updates of the encoder alone in each step, until z tells no more than before (a length in minutes "
        "cannot foresee when); 0 leaves it out.",
    )  # fmt: skip

    encoder_last: float = _number(
        0.0, 0.0, 1.0, "schedule", "Encoder last",
        "Last part of the run, in which the encoder alone learns, without noise: more sentences come back word for "
        "word, and the decoder stays as it is; 1, from another model, is nothing but that.",
    )  # fmt: skip

    epochs: float = _number(
        10.0, 0.01, 1000.0, "length", "Epochs",
        "Times it reads the whole text; used when neither minutes nor steps are.",
    )  # fmt: skip
    minutes: float = _number(
        0.0, 0.0, 1440.0, "length", "Minutes",
        "Length in time, from the start to the saved model: the steps follow the machine's pace; 0 goes by steps.",
    )  # fmt: skip
    steps: int = _number(
        0, 0, 100_000_000, "length", "Steps",
        "Length in updates, however busy the machine is; 0 works it out from the minutes or the epochs.",
    )  # fmt: skip
    optimizer: str = _choice(
        "adam", ("adam", "sgd"), "training", "Optimizer",
        "What makes an update of a gradient: Adam, or plain SGD without momentum, which wants rates about 1.",
    )  # fmt: skip
    learning_rate: float = _number(
        1e-3, 1e-6, 10.0, "training", "Learning rate",
        "Size of an update at its largest: about .001 of Adam, 1 of SGD. It falls along a cosine, unless there is a "
        "patience.",
    )  # fmt: skip
    patience: int = _number(
        0, 0, 1000, "training", "Patience",
        "Epochs without a better validation loss after which the rate is halved and training goes back to the best "
        "weights (a length in minutes cannot foresee when); 0 lets the rate fall along a cosine.",
    )  # fmt: skip
    patience_from: int = _number(
        15, 0, 1000, "training", "Patience from", "Epochs that are done before the rate may be halved."
    )
    halvings: int = _number(
        5, 1, 100, "training", "Halvings", "Times that the rate is halved; the last one ends the run."
    )
    clip: float = _number(5.0, 0.01, 1000.0, "training", "Gradient clip", "Largest norm of a gradient, per update.")
    batch: int = _number(
        64, 1, 65536, "training", "Batch",
        "Sentences per update, about: sentences of similar length go together. Each process takes so many.",
    )  # fmt: skip
    equal_lengths: bool = _switch(
        False, "training", "Equal lengths",
        "Each batch holds sentences of one length, as many as Batch says, and not about as many words as the others.",
    )  # fmt: skip
    seed: int = _number(1, 0, 2**31 - 1, "training", "Seed", "The same seed, text and settings give the same run.")
    precision: str = _choice(
        "auto", ("auto", "float32", "bfloat16"), "training", "Precision",
        "bfloat16 is faster where the processor has it; auto finds out.",
    )  # fmt: skip
    device: str = _choice(
        "auto", ("auto", "cpu", "cuda"), "training", "Device",
        "Where it computes: cuda is an NVIDIA graphics card; auto takes one if there is one.",
    )  # fmt: skip
    threads: int = _number(0, 0, 256, "training", "Threads", "Processor threads; 0 leaves it to the machine.")

    def __post_init__(self) -> None:
        for parameter in parameters():
            if fault := _fault(parameter, getattr(self, parameter.name)):
                raise UserError(fault)
        phases = self.autoencoder + self.warmup + (self.encoder_last if self.encoder_last < 1 else 0)
        if phases > 1:
            raise UserError(Message("config.phases_too_long", sum=phases))
        if self.patience and self.encoder_last:
            raise UserError(Message("config.patience_and_phase"))
        if self.patience and self.minutes and not self.steps:
            raise UserError(Message("config.patience_in_minutes"))

    @property
    def dimensions(self) -> int:
        """Of z: none in a family without a latent space."""
        return self.latent if FAMILIES[self.family].has_latent_space else 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Config:
        """The config of `to_dict`; fields that are missing take their defaults, and those of before are passed over.

        Raises:
            UserError: an unknown field, or a value that is not valid.
        """
        values = {name: value for name, value in values.items() if name not in _RETIRED}
        unknown = sorted(set(values) - {f.name for f in fields(cls)})
        if unknown:
            raise UserError(Message("config.unknown_parameters", names=", ".join(map(str, unknown))[:200]))
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Parameter:
    """What is known of one field of `Config`. `low` and `high` are None where it is not a number."""

    name: str
    label: str
    help: str
    default: Any
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    kind: type
    group: str


def _parameter(f: Any) -> Parameter:
    low, high = f.metadata.get("range", (None, None))
    return Parameter(
        f.name, f.metadata["label"], f.metadata["help"], f.default, low, high,
        f.metadata.get("choices", ()), type(f.default), f.metadata["group"],
    )  # fmt: skip


def _fault(parameter: Parameter, value: Any) -> Message | None:
    """What is wrong with a value; None: nothing."""
    shown = {"name": parameter.name, "value": repr(value)}
    kind = type(value)
    if kind is not parameter.kind and not (parameter.kind is float and kind is int):
        return Message("config.wrong_type", **shown, type=parameter.kind.__name__)
    if parameter.choices and value not in parameter.choices:
        return Message("config.not_a_choice", **shown, choices=", ".join(parameter.choices))
    low, high = parameter.low, parameter.high
    if low is not None and high is not None and not low <= value <= high:  # NaN is outside, too
        return Message("config.out_of_range", **shown, low=low, high=high)
    return None


_PARAMETERS = tuple(_parameter(f) for f in fields(Config))


def parameters() -> tuple[Parameter, ...]:
    """Every parameter, in the order of `Config`."""
    return _PARAMETERS
