"""The commands that generate sentences: sample, interpolate, reconstruct."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from vae.cli.terminal import print_json
from vae.messages.message import Message, UserError
from vae.metrics import text_scores
from vae.model import checkpoint, interpolation, text_model
from vae.text import corpus

Command = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]


def add(command: Command) -> None:
    """The commands with their arguments; `command` adds one, from its name, its function and its help."""
    sample = command("sample", _sample, "Say new sentences, drawn from the prior.")
    sample.add_argument("-n", type=int, default=10, help="how many (default 10)")
    sample.add_argument(
        "--temperature", type=float, default=1.0, help="variety: 0 the likeliest words, 1 as learned (default 1)"
    )
    sample.add_argument("--top-k", type=int, default=0, help="choose among the k likeliest pieces; 0 all (default)")
    sample.add_argument("--top-p", type=float, default=1.0, help="choose among the likeliest of this much probability")
    sample.add_argument("--start", default="", metavar="TEXT", help="every sentence starts with this")
    sample.add_argument("--from-start", action="store_true", help="draw around the place of --start")
    sample.add_argument("--beam", type=int, default=1, help="search with this many candidates instead of drawing words")

    interpolate = command("interpolate", _interpolate, "Slide from one sentence to another.")
    interpolate.add_argument("a", metavar="A", help="the first sentence")
    interpolate.add_argument("b", metavar="B", help="the last sentence")
    interpolate.add_argument("--steps", type=int, default=11, help="sentences, both ends counted (default 11)")
    interpolate.add_argument("--path", choices=("lerp", "slerp"), default="lerp", help="a straight line or an arc")

    reconstruct = command("reconstruct", _reconstruct, "Say what is left of each line of a file.")
    reconstruct.add_argument("file", metavar="FILE", help="a text with a sentence a line")
    reconstruct.add_argument("--beam", type=int, default=1, help="candidates of the search (default 1: greedy)")


def _sample(arguments: argparse.Namespace) -> int:
    if arguments.from_start and not arguments.start:
        raise UserError(Message("cli.from_start_without_start"))
    loaded = checkpoint.load(arguments.model)
    points = text_model.sample(
        loaded.text_model, arguments.n, temperature=arguments.temperature, top_k=arguments.top_k,
        top_p=arguments.top_p, start=arguments.start, from_start=arguments.from_start, beam=arguments.beam,
        seed=arguments.seed,
    )  # fmt: skip
    if arguments.json:
        rows = [{**asdict(point), "new": loaded.is_new(point.text)} for point in points]
        print_json({
            "seed": arguments.seed, "samples": rows,
            "distinct": text_scores.distinct([point.text for point in points]),
            "new": None if rows[0]["new"] is None else sum(row["new"] for row in rows) / len(rows),
        })  # fmt: skip
    else:
        print("\n".join(point.text for point in points))
    return 0


def _interpolate(arguments: argparse.Namespace) -> int:
    tm = checkpoint.load(arguments.model).text_model
    points = interpolation.interpolate(tm, arguments.a, arguments.b, steps=arguments.steps, kind=arguments.path)
    if arguments.json:
        print_json({"a": arguments.a, "b": arguments.b, "path": [asdict(point) for point in points]})
    else:
        print("\n".join(point.text for point in points))
    return 0


def _reconstruct(arguments: argparse.Namespace) -> int:
    tm = checkpoint.load(arguments.model).text_model
    sentences = corpus.lines(Path(arguments.file).read_bytes())
    reconstructed = [point.text for point in text_model.reconstruct(tm, sentences, beam=arguments.beam)]
    pairs = list(zip(sentences, reconstructed, strict=True))
    if arguments.json:
        print_json({
            "reconstruction_bleu": text_scores.bleu(reconstructed, sentences),
            "exact_match": text_scores.exact_match(reconstructed, sentences),
            "reconstructions": [{"source": source, "text": text} for source, text in pairs],
        })  # fmt: skip
    else:
        print("\n".join(f"{source}\t{text}" for source, text in pairs))
    return 0
