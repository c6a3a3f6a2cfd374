"""
The bounded mailbox of an actor: a limited number of messages is handled at the same time, a limited number waits, and
one more is refused with `busy` at once. Lives as long as the process.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from .failure import Failure
from .logs import log
from .metrics import Meter

MIN_TIME_LEFT_S = 0.05
"""A message with less time left is not begun."""

Answer = TypeVar("Answer")


class Mailbox:
    """`concurrency` messages are handled at once and `waiting` more wait."""

    def __init__(self, meter: Meter, concurrency: int) -> None:
        self.meter = meter
        self._slots = asyncio.Semaphore(concurrency)
        self._idle = asyncio.Event()
        self._idle.set()

    async def deliver(
        self, handle: Callable[[], Awaitable[Answer]], deadline: float, events: int, oldest: float
    ) -> Answer:
        """
        What `handle` returns. Raises as it does; `busy` when the mailbox is full, `expired` when the deadline (of
        `time.monotonic`) leaves no time to begin, and `crashed` for any other error of `handle`.
        """
        if len(self.meter.in_flight) >= self.meter.capacity:
            self.meter.count("received", events)
            self.meter.count("refused", events, "busy")
            raise Failure("busy", "the mailbox is full")
        message, began = object(), time.time()
        self.meter.arrived(message, events, oldest)
        self._idle.clear()
        error: BaseException | None = None
        try:
            async with self._slots:
                if time.monotonic() + MIN_TIME_LEFT_S >= deadline:
                    raise Failure("expired", "the deadline passed before the message was begun")
                return await self._crash_reported(handle)
        except BaseException as raised:
            error = raised
            raise
        finally:
            self.meter.settled(message, events, began, error)
            if not self.meter.in_flight:
                self._idle.set()

    async def idle(self) -> None:
        """Waits until no message is in flight."""
        await self._idle.wait()

    async def _crash_reported(self, handle: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            return await handle()
        except Failure:
            raise
        except Exception as error:
            log.exception("the actor crashed on a message")
            raise Failure("crashed", f"{type(error).__name__}: {error}") from error
