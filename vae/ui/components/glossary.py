"""The terms of the page, each explained in one place: whole in Help, and in each tab those that it uses."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import gradio as gr

from vae.messages.message import Message
from vae.ui.components.prose import prose

TERMS = {
    "Corpus": "glossary.corpus",
    "Bundled": "glossary.bundled",
    "Pieces": "glossary.pieces",
    "Code, z": "glossary.code",
    "Latent space": "glossary.latent_space",
    "Dimension": "glossary.dimension",
    "Fingerprint": "glossary.fingerprint",
    "Prior, bell curve": "glossary.prior",
    "Posterior": "glossary.posterior",
    "Reconstruction": "glossary.reconstruction",
    "Nats": "glossary.nats",
    "NLL": "glossary.nll",
    "KL": "glossary.kl",
    "ELBO": "glossary.elbo",
    "Beta": "glossary.beta",
    "Free bits": "glossary.free_bits",
    "Collapse": "glossary.collapse",
    "Attractor": "glossary.attractor",
    "Epoch": "glossary.epoch",
    "Fine-tuning": "glossary.fine_tuning",
    "Held out": "glossary.held_out",
    "Language model": "glossary.language_model",
    "Adversarial autoencoder": "glossary.adversarial_autoencoder",
    "Judge": "glossary.judge",
    "Perplexity": "glossary.perplexity",
    "BLEU": "glossary.bleu",
    "Mutual information": "glossary.mutual_information",
    "Temperature": "glossary.temperature",
    "Top-p": "glossary.top_p",
    "Seed": "glossary.seed",
}


def glossary(terms: Iterable[str] = TERMS) -> str:
    """Terms and what they mean, as a list."""
    rows = (f"<dt>{escape(term)}</dt><dd>{escape(meaning(term))}</dd>" for term in terms)
    return f"<dl>{''.join(rows)}</dl>"


def meaning(term: str) -> str:
    """What a term means."""
    return str(Message(TERMS[term]))


def explain(*terms: str) -> gr.HTML:
    """The terms that a part of the page uses, to be unfolded beside it."""
    return prose(f"<details class='glossary'><summary>Words used here</summary>{glossary(terms)}</details>")
