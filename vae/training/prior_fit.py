"""The prior that is fitted to the codes of the training sentences when a run ends."""

from __future__ import annotations

import numpy as np
import torch

from vae.data.batches import Blocks
from vae.model import gaussian
from vae.model.families.interface import Posterior, SentenceModel
from vae.model.priors.gaussian_mixture import GaussianMixture, fit

_SENTENCES, _TOGETHER = 6000, 256  # looked at, and encoded at a time


@torch.inference_mode()
def fit_prior(model: SentenceModel, text: Blocks, seed: int) -> GaussianMixture | None:
    """A mixture fitted to one draw of q(z|x) for each of some thousand sentences, spread evenly over a text.

    So it holds the spread of each sentence's posterior as well as where the sentences lie.

    Returns:
        None without a latent space, and of too few sentences.
    """
    if not model.latent:
        return None
    count = int(text.bounds[-1])
    chosen = np.unique(np.linspace(0, count - 1, min(count, _SENTENCES)).astype(np.int64))
    codes = []
    for block, (first, end) in enumerate(zip(text.bounds, text.bounds[1:], strict=False)):
        rows = chosen[(chosen >= first) & (chosen < end)] - first
        if not len(rows):
            continue
        tokens = text.block(block)
        by_length = rows[np.argsort(tokens.lengths[rows], kind="stable")]
        for start in range(0, len(by_length), _TOGETHER):
            batch = tokens.batch(by_length[start : start + _TOGETHER]).to(model.device)
            codes.append(Posterior(*(part.cpu() for part in model.posterior(batch))))
    mu, logvar = (torch.cat(parts) for parts in zip(*codes, strict=True))
    return fit(gaussian.sample(mu, logvar, torch.Generator().manual_seed(seed)), seed)
