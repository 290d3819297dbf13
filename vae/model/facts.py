"""What is known of a model, for a person: as terms and words."""

from __future__ import annotations

from vae.messages.message import Message
from vae.model.checkpoint import Checkpoint

Fact = tuple[str, str]


def facts(known: Checkpoint, size: int) -> list[Fact]:
    """A model as (term, words): its family, what it learned from, what it remembers, its size.

    Args:
        size: bytes of its file.
    """
    info, spec = known.info, known.text_model.spec
    trained = Message("model.fact_trained", text=info.trained_on, count=info.sentences)
    counts = {"count": info.parameters, "megabytes": size / 1e6, "dimensions": len(info.kl)}
    rows = (
        (Message("model.fact_family"), f"{spec.title}. {spec.limitation}".strip()),
        (Message("model.fact_trained_on"), f"{trained}. {info.attribution}" if info.attribution else trained),
        (Message("model.fact_remembers"), _remembered(known)),
        (Message("model.fact_size"), Message("model.size_and_space" if info.kl else "model.size_alone", **counts)),
    )
    return [(str(term), str(words)) for term, words in rows]


def figures(known: Checkpoint) -> list[Fact]:
    """What was measured of a model on sentences that were held out, as (term, words)."""
    info, spec = known.info, known.text_model.spec
    if not info.steps:
        return []
    if not spec.has_latent_space:
        rows = [(Message("model.figure_loss_term"), Message("model.figure_loss", nats=info.nll))]
    elif spec.gaussian_posterior:
        rows = [
            (Message("model.figure_nll_term"), Message("model.figure_nll", nats=info.nll)),
            (Message("model.figure_kl_term"), Message("model.figure_kl", nats=sum(info.kl))),
        ]
    else:
        rows = [
            (Message("model.figure_nll_term"), Message("model.figure_nll", nats=info.nll)),
            (Message("model.figure_distance_term"), Message("model.figure_distance", nats=sum(info.kl))),
        ]
    rows.append((Message("model.figure_steps_term"), Message("model.figure_steps", count=info.steps)))
    return [(str(term), str(words)) for term, words in rows]


def _remembered(known: Checkpoint) -> Message:
    """By how many sentences the model tells new ones from those that it has learned from."""
    if known.learned_from is None:
        return Message("model.remembers_none")
    listed = len(known.learned_from)
    key = "model.remembers_with_base" if listed > known.info.sentences else "model.remembers"
    return Message(key, count=listed)
