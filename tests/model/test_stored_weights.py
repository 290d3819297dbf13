"""Weights and a fitted prior as they stand in a file."""

from __future__ import annotations

import pytest
import torch

from vae.model.priors.gaussian_mixture import GaussianMixture
from vae.model.stored_weights import pack, pack_prior, unpack, unpack_prior


def test_eight_bits_hold_large_matrices_to_half_a_step_of_their_row() -> None:
    weights = {
        "large": torch.randn(64, 128) * torch.logspace(-3, 2, 64)[:, None],
        "small": torch.randn(8, 8),
        "bias": torch.randn(5000),
    }
    stored = pack(weights, 8)
    assert {name: value.dtype for name, value in stored.items()} == {
        "large": torch.int8, "large.scale": torch.float16, "small": torch.float16, "bias": torch.float16,
    }  # fmt: skip
    again = unpack(stored)
    assert set(again) == set(weights)
    step = weights["large"].abs().amax(1, keepdim=True) / 127
    assert ((again["large"] - weights["large"]).abs() <= 0.6 * step + 1e-4).all()
    torch.testing.assert_close(again["small"], weights["small"], atol=2e-3, rtol=1e-3)


def test_what_was_unpacked_is_packed_to_the_same_again() -> None:
    stored = pack({"w": torch.randn(64, 128)}, 8)
    again = pack(unpack(stored), 8)
    assert all(torch.equal(stored[name], again[name]) for name in stored)


@pytest.mark.parametrize("scale", [None, torch.ones(3).half(), torch.ones(64)])
def test_matrix_without_scales_that_fit_is_refused(scale: torch.Tensor | None) -> None:
    stored = {"w": torch.ones(64, 128, dtype=torch.int8), "w.scale": scale}
    with pytest.raises(ValueError, match="w"):
        unpack({name: value for name, value in stored.items() if value is not None})


def prior(**changes: torch.Tensor) -> dict[str, torch.Tensor]:
    parts = {"weights": torch.tensor([0.5, 0.5]), "means": torch.zeros(2, 3), "factors": torch.eye(3).repeat(2, 1, 1)}
    return {f"prior.{name}": value for name, value in (parts | changes).items()}


def test_prior_comes_back_from_among_the_weights() -> None:
    mixture = GaussianMixture(torch.tensor([0.25, 0.75]), torch.randn(2, 3), torch.eye(3).repeat(2, 1, 1))
    stored = pack_prior(mixture) | {"w": torch.ones(1)}
    again = unpack_prior(stored, 3)
    assert again is not None
    torch.testing.assert_close(again.means, mixture.means, atol=2e-3, rtol=1e-3)
    assert set(stored) == {"w"}
    assert unpack_prior(stored, 3) is None
    assert pack_prior(None) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": torch.tensor([1.0, 0.0])},
        {"weights": torch.tensor([torch.nan, 1.0])},
        {"weights": torch.ones(3)},
        {"weights": torch.ones(2, 2)},
        {"weights": torch.ones(0), "means": torch.ones(0, 3), "factors": torch.ones(0, 3, 3)},
        {"means": torch.zeros(2, 4)},
        {"means": torch.full((2, 3), torch.inf)},
        {"factors": -torch.eye(3).repeat(2, 1, 1)},
        {"factors": torch.ones(2, 3, 3)},
        {"factors": torch.eye(3)},
    ],
)
def test_prior_that_is_none_is_refused(wrong: dict[str, torch.Tensor]) -> None:
    with pytest.raises(ValueError, match="prior"):
        unpack_prior(prior(**wrong), 3)


def test_prior_of_other_dimensions_or_in_part_is_refused() -> None:
    with pytest.raises(ValueError, match="prior"):
        unpack_prior(prior(), 4)
    with pytest.raises(ValueError, match="prior"):
        unpack_prior({"prior.means": torch.zeros(2, 3)}, 3)
