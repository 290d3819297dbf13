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

from vae.messages.message import Message, UserError

_TIMEOUT = 600.0  # seconds, unless the environment's VAE_TIMEOUT says otherwise: above what an evaluation takes
_BUCKET_SIZE = 1 << 20  # numbers: 4 MiB, so that the first ones travel while later ones are still computed
_PREPARATION_TIMEOUT = timedelta(days=7)  # for the first process to prepare a text of any size

_preparation_group: Any = None  # a second group of the same processes, which waits longer
_store: Any = None  # where they met; without torchrun the first process holds it open for the others


class LostError(ConnectionError):
    """Another process of the training ended, or does not answer. `message` says so to a person."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message,)


def rank() -> int:
    """Which of the processes this is, from 0."""
    return dist.get_rank() if dist.is_available() and dist.is_initialized() else 0


def world_size() -> int:
    """How many processes train together: 1 when alone."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def local_world_size() -> int:
    """How many of them share this machine, this one counted."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", 1)) if world_size() > 1 else 1


@contextmanager
def group() -> Iterator[None]:
    """Within it, the processes that `torchrun` has started (its environment says so) are one training.

    Raises:
        LostError: not all of them came.
        UserError: VAE_TIMEOUT is no number of seconds, or there are more processes than GPUs.
    """
    global _preparation_group
    if int(os.environ.get("WORLD_SIZE", 1)) < 2:
        yield
        return
    backend = "gloo"
    if torch.cuda.is_available():
        local, gpus = int(os.environ.get("LOCAL_WORLD_SIZE", 1)), torch.cuda.device_count()
        if local > gpus:
            raise UserError(Message("system.too_few_gpus", processes=local, gpus=gpus))
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
        backend = "cpu:gloo,cuda:nccl"
    with _peers_needed():
        store, own, processes = _rendezvous(timeout := timedelta(seconds=_timeout()))
        dist.init_process_group(backend, store=store, rank=own, world_size=processes, timeout=timeout)
        _preparation_group = dist.new_group(backend="gloo", timeout=_PREPARATION_TIMEOUT)
    yield  # not in a `finally`: when one process fails, the others are not there to say goodbye to
    with _peers_needed():
        dist.barrier(_preparation_group)
    dist.destroy_process_group()


def _rendezvous(timeout: timedelta) -> tuple[Any, int, int]:
    """A place to exchange addresses, the own rank, and how many there are.

    The place that `torchrun` offers outlives a restart and still names those who are gone, which gloo would wait for.
    So rank 0 opens a new one, and only its port is told there.
    """
    # not in every build of torch
    from torch.distributed import TCPStore  # type: ignore[attr-defined]
    from torch.distributed.rendezvous import rendezvous

    global _store
    _store, own, processes = next(rendezvous("env://", timeout=timeout))
    host = os.environ["MASTER_ADDR"]
    if own == 0:
        store: Any = TCPStore(host, 0, is_master=True, wait_for_workers=False, timeout=timeout)
        _store.set("vae", str(store.port))
        return store, own, processes
    until = time.monotonic() + timeout.total_seconds()
    while True:
        port = int(_store.get("vae"))
        try:
            store = TCPStore(host, port, timeout=timedelta(seconds=1), wait_for_workers=False)
        except RuntimeError:  # the port is that of a process that is gone
            if time.monotonic() > until:
                raise
        else:
            store.set_timeout(timeout)
            return store, own, processes


@contextmanager
def rank_zero_first() -> Iterator[None]:
    """Rank 0 does what is inside at once, the others when it is done. When it fails, they raise LostError."""
    if world_size() == 1:
        yield
        return
    if rank():
        with _peers_needed():
            dist.barrier(_preparation_group)
    yield
    if rank() == 0:
        with _peers_needed():
            dist.barrier(_preparation_group)


def broadcast_from_first(value: int) -> int:
    """Rank 0's value, on every rank."""
    if world_size() == 1:
        return value
    shared = torch.tensor([value], dtype=torch.int64)
    with _peers_needed():
        dist.broadcast(shared, 0, group=_preparation_group)
    return int(shared)


def sum_over_ranks(x: Tensor, same_gradient: bool = True) -> Tensor:
    """The sum over all ranks: of figures to report, or of a statistic of the global batch that enters the loss.

    Args:
        same_gradient: whether every rank's share of the loss holds the same term of a statistic, so that its gradient
            is known without asking the others (`GradientSum` adds up the shares); if not, they are asked.
    """
    if world_size() == 1:
        return x
    summed: Tensor = _SumOverRanks.apply(x, same_gradient)  # type: ignore[no-untyped-call]
    return summed


def _all_reduce(x: Tensor) -> Tensor:
    x = x.clone()
    with _peers_needed():
        dist.all_reduce(x)
    return x


class _SumOverRanks(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, same_gradient: bool) -> Tensor:
        ctx.same_gradient = same_gradient
        return _all_reduce(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        # this rank's, and as much from each of the others
        return (gradient * world_size() if ctx.same_gradient else _all_reduce(gradient)), None


class Agreement:
    """What any of the ranks asks for, known to all of them before the same step.

    Each makes its requests before each step. Alone, they hold at once; in a group one step later, so that the answers
    travel during the step and nobody waits.
    """

    def __init__(self) -> None:
        self._in_flight: tuple[Tensor, Any] | None = None

    def __call__(self, *requests: bool) -> Sequence[bool]:
        """The requests that hold now: one does when any rank has it."""
        if world_size() == 1:
            return requests
        agreed: Sequence[bool] = [False] * len(requests)
        with _peers_needed():
            if self._in_flight:
                votes, work = self._in_flight
                work.wait()
                agreed = votes.bool().tolist()
            votes = torch.tensor(requests, dtype=torch.int32)
            self._in_flight = votes, dist.all_reduce(votes, dist.ReduceOp.MAX, async_op=True)
        return agreed


class GradientSum:
    """Adds up the gradients of the ranks while the backward pass still goes on, a bucket of parameters at a time.

    One backward pass stands between `begin` and `finish`. What each rank minimises is its share of one loss.
    """

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self._buckets = list(_buckets(list(parameters)[::-1])) if world_size() > 1 else []  # the last used come first
        self._active = False
        for bucket in self._buckets:
            for parameter in bucket.parameters:
                parameter.register_post_accumulate_grad_hook(self._gradient_ready)  # type: ignore[no-untyped-call]

    def begin(self) -> None:
        self._active, self._next = True, 0
        for bucket in self._buckets:
            bucket.pending = {id(parameter) for parameter in bucket.parameters}

    def finish(self) -> None:
        """Waits for the rest; then each parameter's gradient is that of all ranks."""
        self._active = False
        for bucket in self._buckets[self._next :]:  # some of its parameters took no part
            bucket.start_reducing()
        for bucket in self._buckets:
            bucket.finish_reducing()

    def _gradient_ready(self, parameter: Tensor) -> None:
        if self._active:
            for bucket in self._buckets:
                bucket.pending.discard(id(parameter))
            # in the same order on every rank, whatever the order in which they are complete
            while self._next < len(self._buckets) and not self._buckets[self._next].pending:
                self._buckets[self._next].start_reducing()
                self._next += 1


class _Bucket:
    """Gradients that travel together, copied into one array. One that fills a bucket alone travels as it is."""

    def __init__(self, parameters: list[nn.Parameter]) -> None:
        self.parameters = parameters
        self.pending: set[int] = set()
        sizes = [parameter.numel() for parameter in parameters]
        self._flat = parameters[0].new_empty(sum(sizes))
        parts = torch.split(self._flat, sizes)
        self._views = [part.view_as(parameter) for part, parameter in zip(parts, parameters, strict=True)]

    def start_reducing(self) -> None:
        gradients = [parameter.grad for parameter in self.parameters]
        self._single = len(gradients) == 1 and gradients[0] is not None
        if not self._single:
            for view, gradient in zip(self._views, gradients, strict=True):
                view.zero_() if gradient is None else view.copy_(gradient)
        with _peers_needed():
            self._work = dist.all_reduce(gradients[0] if self._single else self._flat, async_op=True)

    def finish_reducing(self) -> None:
        with _peers_needed():
            self._work.wait()
        for view, parameter in zip(self._views, self.parameters, strict=True):
            if parameter.grad is not None and not self._single:
                parameter.grad = view


def _buckets(parameters: list[nn.Parameter]) -> Iterator[_Bucket]:
    collected: list[nn.Parameter] = []
    for parameter in parameters:
        if collected and sum(p.numel() for p in collected) + parameter.numel() > _BUCKET_SIZE:
            yield _Bucket(collected)
            collected = []
        collected.append(parameter)
    if collected:
        yield _Bucket(collected)


def _timeout() -> float:
    text = os.environ.get("VAE_TIMEOUT", _TIMEOUT)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UserError(Message("system.timeout_is_no_number", value=repr(text)))
    return seconds


@contextmanager
def _peers_needed() -> Iterator[None]:
    """Say in plain words that another process is gone, whatever the backend calls it.

    Raises:
        LostError: torch.distributed failed. That it waited in vain it says in English only (torch 2.8 to 2.13).
    """
    try:
        yield
    except RuntimeError as error:
        timed_out = "timed out" in str(error).lower() or "timeout" in str(error).lower()
        known = {"rank": os.environ.get("RANK"), "detail": _first_line(error)}
        if timed_out:
            raise LostError(Message("system.process_silent", seconds=_timeout(), **known)) from error
        raise LostError(Message("system.process_ended", **known)) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
