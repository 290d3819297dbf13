"""What a kept page says in its markup: the words of each place, by their key in the catalog."""

from __future__ import annotations

from html import escape

from vae.messages.message import Message

PLACES = {
    "skip": "kept.skip",
    "device": "kept.device",
    "device_why": "kept.device_why",
    "about_line": "kept.about_line",
    "help": "kept.help",
    "close": "kept.close",
    "download": "kept.download",
    "licence": "kept.licence",
    "noscript": "kept.noscript",
    "tabs": "kept.tabs",
    "slide": "kept.slide",
    "sample": "kept.sample",
    "again": "kept.again",
    "slide_lead": "kept.slide_lead",
    "first": "kept.first",
    "second": "kept.second",
    "show": "kept.show",
    "others": "kept.others",
    "swap": "kept.swap",
    "undo": "kept.undo",
    "kind": "kept.kind",
    "kind_info": "kept.kind_info",
    "fluent": "kept.fluent",
    "linear": "kept.linear",
    "spherical": "kept.spherical",
    "sample_lead": "kept.sample_lead",
    "start": "kept.start",
    "count": "kept.count",
    "count_info": "kept.count_info",
    "variety": "kept.variety",
    "variety_info": "kept.variety_info",
    "more": "kept.more",
    "top_p": "kept.top_p",
    "top_p_info": "kept.top_p_info",
    "seed": "kept.seed",
    "seed_info": "kept.seed_info",
    "places": "kept.places",
    "places_info": "kept.places_info",
    "places_text": "kept.places_text",
    "places_bell": "kept.places_bell",
    "near": "kept.near",
    "near_info": "kept.near_info",
    "new_seed": "kept.new_seed",
    "new_seed_info": "kept.new_seed_info",
    "again_lead": "kept.again_lead",
    "again_label": "kept.again_label",
}
TERMS = {
    "kept.term_code": "glossary.code",
    "kept.term_space": "glossary.latent_space",
    "kept.term_fingerprint": "glossary.fingerprint",
    "kept.term_prior": "glossary.prior",
    "kept.term_reconstruction": "glossary.reconstruction",
    "kept.term_kl": "glossary.kl",
    "kept.term_nats": "glossary.nats",
    "kept.term_seed": "glossary.seed",
    "kept.term_top_p": "glossary.top_p",
}


def spoken() -> dict[str, str]:
    """The words of each place, as HTML."""
    return {place: escape(str(Message(key))) for place, key in PLACES.items()}


def terms() -> list[tuple[str, str]]:
    """The terms that the page uses, and what they mean."""
    return [(str(Message(term)), str(Message(meaning))) for term, meaning in TERMS.items()]
