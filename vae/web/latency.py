"""How many requests were answered, how fast and how well: of the last few thousand, as quantiles."""

from __future__ import annotations

import json
import re
import time
from collections import OrderedDict, deque

from starlette.types import Message, Send

from vae.system import log

MAX_TIMES = 4_000  # answers that the quantiles are of
MAX_PENDING = 4_000  # requests that are waited for; what is older was given up
SLOW = 5.0  # seconds after which a request is worth a line in the log
_ANSWER = re.compile(rb'"msg":"process_(completed|generating)","event_id":"([0-9a-f]{32})"')
_FAILED = re.compile(rb'"success":false')


class LatencyMeter:
    """Times from joining the queue to the first answer, for all but streams the only one. For one event loop."""

    def __init__(self) -> None:
        self.requests = 0
        self.refused = 0  # answered with an error in words
        self._pending: OrderedDict[bytes, tuple[float, str]] = OrderedDict()
        self._times: deque[float] = deque(maxlen=MAX_TIMES)

    def timed(self, function: str, send: Send) -> Send:
        """`send` of the answer that says under which id a request to `function` has joined the queue."""
        began = time.perf_counter()
        status = 0

        async def recorded(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            if status == 200 and (body := message.get("body", b"")):
                self.requests += 1
                self._pending[str(json.loads(body).get("event_id", "")).encode()] = (began, function)
                while len(self._pending) > MAX_PENDING:
                    self._pending.popitem(last=False)
            await send(message)

        return recorded

    def record_answers(self, body: bytes) -> None:
        """A piece of a stream of answers. Text in it cannot be mistaken: its quotation marks are escaped."""
        found = _ANSWER.search(body, 0, 200)
        if found is None:
            return
        request = self._pending.pop(found[2], None)
        if request is not None:
            seconds = time.perf_counter() - request[0]
            self._times.append(seconds)
            if seconds > SLOW:
                log.event("request slow", function=request[1], seconds=round(seconds, 3))
        if found[1] == b"completed" and _FAILED.search(body, len(body) - 300):
            self.refused += 1

    def quantiles(self) -> dict[str, float | None]:
        """The median and the slow ends, in milliseconds."""
        times = sorted(self._times)
        return {
            f"p{part}_ms": round(1000 * times[min(len(times) - 1, len(times) * part // 100)], 1) if times else None
            for part in (50, 95, 99)
        }
