"""The commands that generate sentences: sample, interpolate, reconstruct."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

from vae.cli import reading_flags
from vae.cli.terminal import print_json
from vae.messages.message import Message, UserError
from vae.metrics import text_scores
from vae.model import checkpoint, interpolation, readability, text_model
from vae.model.readability import Unread
from vae.model.refinement import STEPS

Command = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]


def add(command: Command) -> None:
    """The commands with their arguments; `command` adds one, from its name, its function and its help."""
    sample = command("sample", _sample, "Say new sentences, drawn from the prior.")
    sample.add_argument("-n", type=int, default=10, help="how many (default 10)")
    sample.add_argument(
        "--temperature", type=float,
        help="chance in the choice of words: 0 the likeliest, 1 as learned (default 0; of a language model 1)",
    )  # fmt: skip
    sample.add_argument(
        "--prior", choices=text_model.PRIORS, default="fitted",
        help="draw points where the sentences of its text lie (fitted, the default) or from N(0, I) (normal)",
    )  # fmt: skip
    sample.add_argument(
        "--spread", type=float, default=1.0, metavar="X",
        help="how far apart points are drawn: 1 as the prior has it (default), less reads better",
    )  # fmt: skip
    sample.add_argument("--distinct", action="store_true", help="only different sentences")
    sample.add_argument(
        "--made-up", action="store_true",
        help="keep sentences with words that the model has put together of pieces, and draw no others in their place",
    )  # fmt: skip
    sample.add_argument("--top-k", type=int, default=0, help="choose among the k likeliest pieces; 0 all (default)")
    sample.add_argument("--top-p", type=float, default=1.0, help="choose among the likeliest of this much probability")
    sample.add_argument("--start", default="", metavar="TEXT", help="every sentence starts with this")
    sample.add_argument("--from-start", action="store_true", help="draw around the place of --start")
    sample.add_argument("--beam", type=int, default=1, help="search with this many candidates instead of drawing words")

    interpolate = command("interpolate", _interpolate, "Slide from one sentence to another.")
    interpolate.add_argument("a", metavar="A", help="the first sentence")
    interpolate.add_argument("b", metavar="B", help="the last sentence")
    interpolate.add_argument("--steps", type=int, default=11, help="sentences, both ends counted (default 11)")
    interpolate.add_argument("--distinct", action="store_true", help="each different sentence once, however many")
    interpolate.add_argument(
        "--path", choices=interpolation.KINDS, default="fluent",
        help="where the model reads best (fluent, the default), a straight line (lerp) or an arc (slerp)",
    )  # fmt: skip

    reconstruct = command("reconstruct", _reconstruct, "Say what is left of each line of a file.")
    reconstruct.add_argument("file", metavar="FILE", help="a text with a sentence a line, or any file")
    reading_flags.add(reconstruct)
    reconstruct.add_argument("--beam", type=int, default=1, help="candidates of the search (default 1: greedy)")
    for parser in (interpolate, reconstruct):
        parser.add_argument(
            "--refine", type=int, default=STEPS, metavar="N",
            help="steps of the search for the code of a sentence; 0 takes the encoder's guess (default %(default)s)",
        )  # fmt: skip


def _sample(arguments: argparse.Namespace) -> int:
    if arguments.from_start and not arguments.start:
        raise UserError(Message("cli.from_start_without_start"))
    loaded = checkpoint.load(arguments.model)
    points = text_model.sample(
        loaded.text_model, arguments.n, temperature=arguments.temperature, top_k=arguments.top_k,
        top_p=arguments.top_p, start=arguments.start, from_start=arguments.from_start, beam=arguments.beam,
        prior=arguments.prior, spread=arguments.spread, distinct=arguments.distinct, made_up=arguments.made_up,
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
    points = interpolation.interpolate(
        tm, arguments.a, arguments.b, steps=arguments.steps, kind=arguments.path, refine=arguments.refine,
        distinct=arguments.distinct,
    )  # fmt: skip
    said = points[0].text, points[-1].text
    unread = readability.unread_words(tm, zip((arguments.a, arguments.b), said, strict=True))
    if arguments.json:
        path = [asdict(point) for point in points]
        print_json({
            "a": arguments.a, "b": arguments.b, "unread": [each.words for each in unread], "refine": arguments.refine,
            "path": path,
        })  # fmt: skip
    else:
        print("\n".join(point.text for point in points))
        _tell_refined(arguments.refine)
        _tell_unread(unread)
    return 0


def _reconstruct(arguments: argparse.Namespace) -> int:
    tm = checkpoint.load(arguments.model).text_model
    sentences = reading_flags.sentences(arguments.file, arguments)
    points = text_model.reconstruct(tm, sentences, beam=arguments.beam, refine=arguments.refine)
    reconstructed = [point.text for point in points]
    pairs = list(zip(sentences, reconstructed, strict=True))
    unread = readability.unread_words(tm, pairs)
    if arguments.json:
        rows = zip(pairs, unread, strict=True)
        print_json({
            "reconstruction_bleu": text_scores.bleu(reconstructed, sentences),
            "exact_match": text_scores.exact_match(reconstructed, sentences),
            "refine": arguments.refine,
            "reconstructions": [{"source": a, "text": b, "unread": each.words} for (a, b), each in rows],
        })  # fmt: skip
    else:
        print("\n".join(f"{source}\t{text}" for source, text in pairs))
        _tell_refined(arguments.refine)
        _tell_unread(unread)
    return 0


def _tell_refined(steps: int) -> None:
    """Say where the codes come from, beside the output."""
    how = f"found by search, in at most {steps} steps (--refine)" if steps else "the encoder's guesses"
    print(f"The codes of the sentences are {how}.", file=sys.stderr)


def _tell_unread(unread: Sequence[Unread]) -> None:
    """Say which words the model could not read, all together, beside the output."""
    unknown = dict.fromkeys(word for each in unread for word in each.unknown)
    in_pieces = dict.fromkeys(word for each in unread for word in each.in_pieces)
    if told := Unread(tuple(unknown), tuple(in_pieces)).message():
        print(told, file=sys.stderr)
