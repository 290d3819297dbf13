"""One training on several processes, as `torchrun` starts them: who this one is, and what they do together.

Alone, nothing here does anything: a sum is the own part, and nobody is waited for. Whoever is lost, by a crash or a
cut cable, is found out: every call here that needs the others then raises `LostError`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

_TIMEOUT = 600.0  # seconds, unless the environment's VAE_TIMEOUT says otherwise: above what an evaluation takes
_BUCKET = 1 << 20  # numbers: 4 MiB, so that the first ones travel while later ones are still computed
_PATIENCE = timedelta(days=7)  # for the first process to prepare a text of any size

_patient: Any = None  # a second group, of the same processes
_offered: Any = None  # where they met; without torchrun the first process holds it open for the others


class LostError(ConnectionError):
    """Another process of the training ended, or does not answer."""


def rank() -> int:
    """Which of the processes this is, from 0."""
    return dist.get_rank() if dist.is_available() and dist.is_initialized() else 0


def world() -> int:
    """How many processes train together: 1 when alone."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def neighbours() -> int:
    """How many of them share this machine, this one counted."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", 1)) if world() > 1 else 1


@contextmanager
def group() -> Iterator[None]:
    """Within it, the processes that `torchrun` has started (its environment says so) are one training.

    Raises:
        LostError: not all of them came.
        ValueError: VAE_TIMEOUT is no number of seconds, or there are more processes than GPUs.
    """
    global _patient
    if int(os.environ.get("WORLD_SIZE", 1)) < 2:
        yield
        return
    backend = "gloo"
    if torch.cuda.is_available():
        here, cards = int(os.environ.get("LOCAL_WORLD_SIZE", 1)), torch.cuda.device_count()
        if here > cards:
            raise ValueError(f"{here} processes cannot share {cards} GPU(s): start at most {cards} on this machine")
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
        backend = "cpu:gloo,cuda:nccl"
    with _others_needed():
        store, own, processes = _meet(timeout := timedelta(seconds=_timeout()))
        dist.init_process_group(backend, store=store, rank=own, world_size=processes, timeout=timeout)
        _patient = dist.new_group(backend="gloo", timeout=_PATIENCE)
    yield  # not in a `finally`: when one process fails, the others are not there to say goodbye to
    with _others_needed():
        dist.barrier(_patient)
    dist.destroy_process_group()


def _meet(timeout: timedelta) -> tuple[Any, int, int]:
    """A place to exchange addresses, the own rank, and how many there are.

    The place that `torchrun` offers outlives a restart and still names those who are gone, which gloo would wait for.
    So rank 0 opens a new one, and only its port is told there.
    """
    # not in every build of torch
    from torch.distributed import TCPStore  # type: ignore[attr-defined]
    from torch.distributed.rendezvous import rendezvous

    global _offered
    _offered, own, processes = next(rendezvous("env://", timeout=timeout))
    host = os.environ["MASTER_ADDR"]
    if own == 0:
        place: Any = TCPStore(host, 0, is_master=True, wait_for_workers=False, timeout=timeout)
        _offered.set("vae", str(place.port))
        return place, own, processes
    until = time.monotonic() + timeout.total_seconds()
    while True:
        port = int(_offered.get("vae"))
        try:
            place = TCPStore(host, port, timeout=timedelta(seconds=1), wait_for_workers=False)
        except RuntimeError:  # the port is that of a process that is gone
            if time.monotonic() > until:
                raise
        else:
            place.set_timeout(timeout)
            return place, own, processes


@contextmanager
def first_alone() -> Iterator[None]:
    """Rank 0 does what is inside at once, the others when it is done. When it fails, they raise LostError."""
    if world() == 1:
        yield
        return
    if rank():
        with _others_needed():
            dist.barrier(_patient)
    yield
    if rank() == 0:
        with _others_needed():
            dist.barrier(_patient)


def from_first(value: int) -> int:
    """Rank 0's value, on every rank."""
    if world() == 1:
        return value
    told = torch.tensor([value], dtype=torch.int64)
    with _others_needed():
        dist.broadcast(told, 0, group=_patient)
    return int(told)


def total(x: Tensor, alike: bool = True) -> Tensor:
    """The sum over all ranks: of figures to tell, or of a statistic of the whole batch that enters the loss.

    A statistic's gradient is right when every rank's share of the loss holds the same term of it, and the shares add up
    (as `GradientSum` adds them): it is then known without asking the others. They are asked where the shares hang on
    it in ways that are not `alike`.
    """
    if world() == 1:
        return x
    summed: Tensor = _Total.apply(x, alike)  # type: ignore[no-untyped-call]
    return summed


def _summed(x: Tensor) -> Tensor:
    x = x.clone()
    with _others_needed():
        dist.all_reduce(x)
    return x


class _Total(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, alike: bool) -> Tensor:
        ctx.alike = alike
        return _summed(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        # this rank's, and as much from each of the others
        return (gradient * world() if ctx.alike else _summed(gradient)), None


class Agreement:
    """What any of the ranks asks for, known to all of them before the same step.

    Each says what it wishes before each step. Alone, that holds at once; in a group one step later, so that the answers
    travel during the step and nobody waits.
    """

    def __init__(self) -> None:
        self._sent: tuple[Tensor, Any] | None = None

    def __call__(self, *wishes: bool) -> Sequence[bool]:
        """The wishes that hold now: one is fulfilled when any rank has it."""
        if world() == 1:
            return wishes
        agreed: Sequence[bool] = [False] * len(wishes)
        with _others_needed():
            if self._sent:
                told, work = self._sent
                work.wait()
                agreed = told.bool().tolist()
            told = torch.tensor(wishes, dtype=torch.int32)
            self._sent = told, dist.all_reduce(told, dist.ReduceOp.MAX, async_op=True)
        return agreed


class GradientSum:
    """Adds up the gradients of the ranks while the backward pass still goes on, a bucket of parameters at a time.

    One backward pass stands between `begin` and `finish`. What each rank minimises is its share of one loss.
    """

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self._buckets = list(_buckets(list(parameters)[::-1])) if world() > 1 else []  # the last used come first
        self._going = False
        for bucket in self._buckets:
            for parameter in bucket.parameters:
                parameter.register_post_accumulate_grad_hook(self._arrived)  # type: ignore[no-untyped-call]

    def begin(self) -> None:
        self._going, self._launched = True, 0
        for bucket in self._buckets:
            bucket.missing = {id(parameter) for parameter in bucket.parameters}

    def finish(self) -> None:
        """Waits for the rest; then each parameter's gradient is that of all ranks."""
        self._going = False
        for bucket in self._buckets[self._launched :]:  # some of its parameters took no part
            bucket.launch()
        for bucket in self._buckets:
            bucket.land()

    def _arrived(self, parameter: Tensor) -> None:
        if self._going:
            for bucket in self._buckets:
                bucket.missing.discard(id(parameter))
            # in the same order on every rank, whatever the order in which they are complete
            while self._launched < len(self._buckets) and not self._buckets[self._launched].missing:
                self._buckets[self._launched].launch()
                self._launched += 1


class _Bucket:
    """Gradients that travel together, copied into one array. One that fills a bucket alone travels as it is."""

    def __init__(self, parameters: list[nn.Parameter]) -> None:
        self.parameters = parameters
        self.missing: set[int] = set()
        sizes = [parameter.numel() for parameter in parameters]
        self._flat = parameters[0].new_empty(sum(sizes))
        parts = torch.split(self._flat, sizes)
        self._views = [part.view_as(parameter) for part, parameter in zip(parts, parameters, strict=True)]

    def launch(self) -> None:
        gradients = [parameter.grad for parameter in self.parameters]
        self._alone = len(gradients) == 1 and gradients[0] is not None
        if not self._alone:
            for view, gradient in zip(self._views, gradients, strict=True):
                view.zero_() if gradient is None else view.copy_(gradient)
        with _others_needed():
            self._work = dist.all_reduce(gradients[0] if self._alone else self._flat, async_op=True)

    def land(self) -> None:
        with _others_needed():
            self._work.wait()
        for view, parameter in zip(self._views, self.parameters, strict=True):
            if parameter.grad is not None and not self._alone:
                parameter.grad = view


def _buckets(parameters: list[nn.Parameter]) -> Iterator[_Bucket]:
    full: list[nn.Parameter] = []
    for parameter in parameters:
        if full and sum(p.numel() for p in full) + parameter.numel() > _BUCKET:
            yield _Bucket(full)
            full = []
        full.append(parameter)
    if full:
        yield _Bucket(full)


def _timeout() -> float:
    named = os.environ.get("VAE_TIMEOUT", _TIMEOUT)
    try:
        seconds = float(named)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ValueError(f"VAE_TIMEOUT must be a number of seconds above 0, not {named!r}")
    return seconds


@contextmanager
def _others_needed() -> Iterator[None]:
    """Say in plain words that another process is gone, whatever the backend calls it."""
    try:
        yield
    except RuntimeError as error:
        silent = "timed out" in str(error).lower() or "timeout" in str(error).lower()
        what = f"did not answer within {_timeout():g} seconds" if silent else "ended"
        raise LostError(
            f"another process of this training {what}, so this one (rank {os.environ.get('RANK')}) ends, too. "
            f"What was saved last is kept: start the same command again to go on from there ({_first_line(error)})"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
