"""What training on 10^6 to 10^10 tokens would take and cost, on paper: from constants measured here and named ones.

    python tests/benchmarks/cost.py [--json] [--share 0.05] [--price 3.0]

Measured: tokens a second of this machine's processor at the bundled model's size. Named, not measured: a GPU's peak in
bfloat16, the share of it that training reaches, prices, the networks' bandwidth, and how fast a text is prepared (see
`streaming.py`). A step on a GPU has 32,768 tokens, and a token is read once.
"""

from __future__ import annotations

import argparse
import json
import statistics

import torch
from throughput import Ours, forward_flops, text

from vae.config.config import Config

BUNDLED = Config(
    vocabulary=5000, embedding=256, encoder_hidden=256, hidden=512, latent=64, batch=64, steps=100_000,
    precision="bfloat16" if getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)() else "float32",
)  # fmt: skip
TOKENS = tuple(10**power for power in range(6, 11))
GPUS = (1, 8, 64)
STEP_TOKENS = 32_768  # of each GPU
LINK = {1: float("inf"), 8: 450e9, 64: 50e9}  # bytes a second between GPUs: alone, in one machine, between machines


def constants() -> dict[str, float]:
    """Tokens a second on this processor, operations a token, and bytes of gradients."""
    trainer = Ours(BUNDLED, BUNDLED.vocabulary, text(BUNDLED.vocabulary, 20_000))
    trainer.turn()
    pace = statistics.median(tokens / seconds for seconds, tokens, _ in (trainer.turn() for _ in range(5)))
    batch = trainer.sampler.batch(0)
    flops = 3 * forward_flops(BUNDLED, BUNDLED.vocabulary, batch) / int(batch.lengths.sum())
    gradients = 4 * sum(p.numel() for p in trainer.model.parameters())
    return {"cpu_tokens_per_second": pace, "flops_a_token": flops, "gradient_bytes": gradients}


def row(tokens: int, gpus: int, found: dict[str, float], arguments: argparse.Namespace) -> dict[str, object]:
    """Hours and money of one training; gpus 0 is this processor. The text is prepared on two cores before."""
    preparing, price = tokens / arguments.prepared / 3600, arguments.cpu_price
    if gpus:
        computing = STEP_TOKENS * found["flops_a_token"] / (arguments.peak * arguments.share)  # seconds a step
        sending = 2 * (gpus - 1) / gpus * found["gradient_bytes"] / LINK[gpus]  # a ring, beside the backward pass
        training = tokens / (STEP_TOKENS * gpus) * max(computing, sending) / 3600
        bound, price = "the network" if sending > computing else "computing", arguments.price * gpus
    else:
        training, bound = tokens / found["cpu_tokens_per_second"] / 3600, "computing"
    return {
        "tokens": tokens, "on": f"{gpus} GPU{'s' * (gpus > 1)}" if gpus else "2 cores", "preparing_hours": preparing,
        "training_hours": training, "cost": preparing * arguments.cpu_price + training * price,
        "bound_by": "preparing the text" if preparing > training else bound,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--peak", type=float, default=989e12, help="a GPU's operations a second (an H100's or H200's)")
    parser.add_argument("--share", type=float, default=0.05, help="of the peak that training reaches")
    parser.add_argument("--price", type=float, default=3.0, help="of a GPU and hour")
    parser.add_argument("--cpu-price", type=float, default=0.1, help="of two cores and an hour")
    parser.add_argument("--prepared", type=float, default=1e6, help="tokens of a text made ready in a second")
    arguments = parser.parse_args()
    found = constants()
    rows = [row(tokens, gpus, found, arguments) for tokens in TOKENS for gpus in (0, *GPUS)]
    if arguments.json:
        print(json.dumps({**found, "rows": rows}, indent=2))
        return
    print("  ".join(f"{name} {value:,.0f}" for name, value in found.items()), "\n")
    print("| tokens | on | hours to prepare | hours to train | cost, $ | bound by |\n" + "| --- " * 6 + "|")
    for each in rows:
        figures = (each["preparing_hours"], each["training_hours"], each["cost"])
        print(
            f"| {each['tokens']:.0e} | {each['on']} | {' | '.join(f'{x:.2g}' for x in figures)} | {each['bound_by']} |"
        )


if __name__ == "__main__":
    main()
