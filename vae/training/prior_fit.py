"""The prior that is fitted to the codes of the training sentences when a run ends."""

from __future__ import annotations

import numpy as np
import torch

from vae.data.batches import Blocks
from vae.model.families.interface import SentenceModel
from vae.model.priors.gaussian_mixture import GaussianMixture, fit

_SENTENCES, _TOGETHER = 4000, 256  # looked at, and encoded at a time


@torch.inference_mode()
def fit_prior(model: SentenceModel, text: Blocks, seed: int) -> GaussianMixture | None:
    """A mixture fitted to the posterior means of some thousand sentences, spread evenly over a text.

    To the means, not to draws of the posteriors: samples are the likeliest words at a point, and most of what a
    posterior's noise adds leads to points where these read badly (docs/evaluation.md).

    Returns:
        None without a latent space, and of too few sentences.
    """
    if not model.latent:
        return None
    count = int(text.bounds[-1])
    chosen = np.unique(np.linspace(0, count - 1, min(count, _SENTENCES)).astype(np.int64))
    means = []
    for block, (first, end) in enumerate(zip(text.bounds, text.bounds[1:], strict=False)):
        rows = chosen[(chosen >= first) & (chosen < end)] - first
        if not len(rows):
            continue
        tokens = text.block(block)
        by_length = rows[np.argsort(tokens.lengths[rows], kind="stable")]
        for start in range(0, len(by_length), _TOGETHER):
            batch = tokens.batch(by_length[start : start + _TOGETHER]).to(model.device)
            means.append(model.posterior(batch).mu.cpu())
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so many small products: threads would wait for each other
    try:
        return fit(torch.cat(means).clone(), seed)
    finally:
        torch.set_num_threads(threads)
