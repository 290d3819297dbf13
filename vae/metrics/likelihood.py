"""How likely a model finds sentences. Everything in nats a sentence, evaluation mode, nothing dropped."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from vae.data.batches import Batch, Tokens, batches_by_length
from vae.messages.message import Message, UserError
from vae.model import gaussian
from vae.model.families.interface import Posterior, SentenceModel
from vae.model.text_model import TextModel

_MAX_TOKENS, _MAX_TOKENS_GPU = 2**13, 2**17  # decoded at once


@torch.inference_mode()
def nll_at(model: SentenceModel, tokens: Tokens, z: Tensor) -> Tensor:
    """-log p(x|z) of n sentences at n points: z (n, D) -> (n,)."""
    device = model.device
    z, nll = z.to(device), torch.empty(len(tokens), device=device)
    for rows, batch in batches_by_length(tokens):
        positions = torch.from_numpy(rows).to(device)
        nll[positions] = model.nll(batch.to(device), z[positions])
    return nll.cpu()


@torch.inference_mode()
def nll_iw(
    tm: TextModel, sentences: Sequence[str], *, samples: int = 100, seed: int = 1,
    progress: Callable[[float], None] = lambda share: None,
) -> Tensor:  # fmt: skip
    """The importance-weighted upper bound on -log p(x), of each sentence: (B,).

    -log 1/S sum_s p(x|z_s) p(z_s) / q(z_s|x); at S = 1 it is minus a one-sample ELBO, and it falls towards
    -log p(x) as S grows. Without a latent space it is exact, whatever S is.

    Args:
        progress: called with the share that is done, now and then.
    Raises:
        UserError: samples is not positive.
    Source: Burda et al. 2016, arXiv:1509.00519.
    """
    if samples < 1:
        raise UserError(Message("metrics.samples_not_positive", samples=samples))
    samples = samples if tm.latent else 1
    tokens, device = Tokens.of(tm.tokenizer.encode(sentences)), tm.model.device
    generator = torch.Generator().manual_seed(seed)
    bound = torch.empty(len(tokens))
    done = 0
    for rows, batch in batches_by_length(tokens, max_tokens=512):
        batch = batch.to(device)
        posterior = Posterior(*(part.cpu() for part in tm.model.posterior(batch)))
        log_weights = []
        max_draws = max(1, (_MAX_TOKENS_GPU if device.type == "cuda" else _MAX_TOKENS) // batch.tokens.numel())
        for first in range(0, samples, max_draws):
            s = min(max_draws, samples - first)
            log_weights.append(_log_weights(tm.model, batch, posterior, s, generator))
        total = torch.cat(log_weights).logsumexp(0) - math.log(samples)  # (B,)
        bound[torch.from_numpy(rows)] = -total
        done += int(batch.lengths.sum())
        progress(done / tokens.total)
    return bound


def _log_weights(
    model: SentenceModel, batch: Batch, posterior: Posterior, s: int, generator: torch.Generator
) -> Tensor:
    """log p(x|z) + log p(z) - log q(z|x) at s draws a sentence, made on the processor for any device: (s, B)."""
    mu, logvar = (part.expand(s, -1, -1) for part in posterior)  # (s, B, D)
    z = gaussian.sample(mu, logvar, generator)
    nll = model.nll(batch, z.flatten(0, 1).to(model.device)).view(s, -1).cpu()
    return -nll + model.prior.log_prob(z) - gaussian.log_prob(z, mu, logvar)
