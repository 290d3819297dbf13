"""The fused output layer against the plain one: values, gradients, precision, and how much memory it asks for."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from vae.model.layers import output_softmax
from vae.model.layers.output_softmax import linear, token_nll, weighted_nll

N, E, V = 23, 6, 50


def problem(dtype: torch.dtype = torch.float32) -> tuple[Tensor, ...]:
    """Features, table, bias; and tokens: most rows tell one, some tell two, one of them twice the same, some none."""
    random = torch.Generator().manual_seed(1)
    features, table = torch.randn(N, E, generator=random), torch.randn(V, E, generator=random)
    bias = torch.randn(V, generator=random)
    rows = torch.tensor([*range(15), 15, 15, 15, 17, 20, 20])
    tokens = torch.randint(0, V, (len(rows),), generator=random)
    tokens[16] = tokens[15]
    weights = torch.rand(len(rows), generator=random)
    weights[3] = weights[18] = 0.0
    return features.to(dtype).requires_grad_(), table.requires_grad_(), bias.requires_grad_(), rows, tokens, weights


def plain(features: Tensor, table: Tensor, bias: Tensor, rows: Tensor, tokens: Tensor) -> Tensor:
    logits = F.linear(features.float(), table.to(features.dtype).float(), bias)
    return F.cross_entropy(logits[rows], tokens, reduction="none")


@pytest.fixture(params=["one block", "many blocks", "many chunks"])
def sizes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same answers are due however the work is cut."""
    if request.param != "one block":
        monkeypatch.setattr(output_softmax, "_BLOCK", 4 * V)
    if request.param == "many chunks":
        monkeypatch.setattr(output_softmax, "_CHUNK", 8 * V)


@pytest.mark.usefixtures("sizes")
def test_loss_and_gradients_equal_the_plain_ones() -> None:
    *learned, rows, tokens, weights = problem()
    expected = plain(*learned, rows, tokens)
    gradients = torch.autograd.grad((expected * weights).sum(), learned)
    loss, nll = weighted_nll(*learned, rows, tokens, weights)
    torch.testing.assert_close(nll, expected.detach(), atol=1e-5, rtol=1e-5)
    assert loss.item() == pytest.approx(float(expected.detach() @ weights), rel=1e-5)
    for found, wanted in zip(torch.autograd.grad(loss, learned), gradients, strict=True):
        torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)


@pytest.mark.usefixtures("sizes")
def test_nll_without_gradient_is_the_same() -> None:
    *learned, rows, tokens, _ = problem()
    found = token_nll(*learned, rows, tokens)
    assert not found.requires_grad
    torch.testing.assert_close(found, plain(*learned, rows, tokens).detach(), atol=1e-5, rtol=1e-5)


def test_gradient_scales_with_what_is_made_of_the_loss() -> None:
    *learned, rows, tokens, weights = problem()
    once = torch.autograd.grad(weighted_nll(*learned, rows, tokens, weights)[0], learned)
    thrice = torch.autograd.grad(3 * weighted_nll(*learned, rows, tokens, weights)[0], learned)
    for a, b in zip(once, thrice, strict=True):
        torch.testing.assert_close(3 * a, b)


def test_half_precision_rounds_no_more_than_its_inputs_do() -> None:
    *learned, rows, tokens, weights = problem(torch.bfloat16)
    expected = plain(*learned, rows, tokens)
    gradients = torch.autograd.grad((expected * weights).sum(), learned)
    loss, nll = weighted_nll(*learned, rows, tokens, weights)
    torch.testing.assert_close(nll, expected.detach(), atol=0.03, rtol=0.01)
    for found, wanted in zip(torch.autograd.grad(loss, learned), gradients, strict=True):
        assert found.dtype == wanted.dtype
        assert (found - wanted).norm() < 0.01 * wanted.norm()


def test_sure_and_hopeless_tokens_have_finite_losses_and_right_gradients() -> None:
    table = torch.eye(4, requires_grad=True)
    features = torch.tensor([[1e3, 0.0, 0.0, 0.0], [1e3, 0.0, 0.0, 0.0]], requires_grad=True)
    rows, tokens = torch.arange(2), torch.tensor([0, 1])
    loss, nll = weighted_nll(features, table, torch.zeros(4), rows, tokens, torch.ones(2))
    assert nll[0] == pytest.approx(0, abs=1e-6)
    assert math.log(1e37) < nll[1] < 1000  # as much as a float32 tells of a probability
    loss.backward()  # type: ignore[no-untyped-call]
    assert features.grad is not None
    torch.testing.assert_close(features.grad, torch.tensor([[0.0] * 4, [1.0, -1.0, 0.0, 0.0]]))
    assert token_nll(features, table, torch.zeros(4), rows, tokens)[1] == pytest.approx(1000)


def test_no_number_in_gives_no_number_out() -> None:
    *learned, rows, tokens, weights = problem()
    with torch.no_grad():
        learned[0][2, 0] = math.nan
    assert weighted_nll(*learned, rows, tokens, weights)[0].isnan()


def test_product_is_the_linear_layer_with_and_without_gradients() -> None:
    x, w, bias, addend = torch.randn(5, E), torch.randn(V, E), torch.randn(V), torch.randn(5, V)
    for grad in (True, False):
        with torch.set_grad_enabled(grad):
            torch.testing.assert_close(linear(x, w), x @ w.t(), atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(linear(x, w, bias), x @ w.t() + bias, atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(linear(x, w, addend=addend), x @ w.t() + addend, atol=1e-5, rtol=1e-5)


def test_no_full_set_of_logits_exists_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output_softmax, "_BLOCK", 4 * V)
    *learned, rows, tokens, weights = problem(torch.bfloat16)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as recorded:
        weighted_nll(*learned, rows, tokens, weights)[0].backward()  # type: ignore[no-untyped-call]
    largest = max(event.self_cpu_memory_usage for event in recorded.events())
    assert largest < 4 * N * V


def test_nothing_to_tell_costs_nothing() -> None:
    _, table, bias, *_ = problem()
    features, none = torch.empty(0, E, requires_grad=True), torch.empty(0, dtype=torch.long)
    loss, nll = weighted_nll(features, table, bias, none, none, torch.empty(0))
    loss.backward()  # type: ignore[no-untyped-call]
    assert (float(loss.detach()), len(nll)) == (0.0, 0)
    assert table.grad is not None
    assert not table.grad.any()
