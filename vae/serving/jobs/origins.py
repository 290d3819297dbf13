"""Where visitors came from, and how much of the queue those of one place may hold: visitors are easily made up."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from vae.messages.message import Message
from vae.serving.jobs.job import JobError
from vae.serving.limits import Limits

_MOST = 10_000  # visitors whose origin is remembered


@dataclass(frozen=True, slots=True)
class Origin:
    """An address, and whether the visitor keeps cookies, as browsers do."""

    address: str
    has_cookie: bool = True

    @property
    def network(self) -> str:
        """The addresses that usually have one holder: 256 of the old kind, a /48 of the new; else itself alone."""
        try:
            bits = 24 if ipaddress.ip_address(self.address).version == 4 else 48
            return str(ipaddress.ip_network(f"{self.address}/{bits}", strict=False))
        except ValueError:
            return self.address


class Origins:
    """The origin of each visitor who was here lately. Its methods are called with the lock of `Jobs` held."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known: OrderedDict[str, Origin] = OrderedDict()  # by owner, the longest away first

    def note(self, owner: str, origin: Origin) -> None:
        """Somebody is here, from there."""
        self._known[owner] = origin
        self._known.move_to_end(owner)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)

    def check(self, owner: str, waiting: Iterable[str]) -> None:
        """Raises JobError: visitors of the same place hold as many places in the queue as they may.

        Args:
            waiting: whose the trainings are that wait.
        """
        here = self._known.get(owner)
        if here is None:
            return
        others = [self._known[other] for other in waiting if other in self._known]
        address = [other for other in others if other.address == here.address]
        for held, most in (
            (len(address), self._limits.waiting_of_address),
            (sum(other.network == here.network for other in others), self._limits.waiting_of_network),
            (0 if here.has_cookie else sum(not other.has_cookie for other in address), self._limits.waiting_of_program),
        ):
            if held >= most:
                raise JobError(Message("serving.place_full", waiting=held))
