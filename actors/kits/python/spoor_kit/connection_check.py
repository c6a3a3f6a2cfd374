"""
Asks whether a connection to NATS still answers. The client library stops reading, without closing the connection, when an
answer arrives after the timeout of its own `flush`; so its timeout is never used here, and whether it reads is checked.
Lives as long as the connection.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

NEVER_S = 1_000_000_000


class Flushable(Protocol):
    """The part of the library's connection that is used here."""

    async def flush(self, timeout: int) -> None: ...


class ConnectionCheck:
    def __init__(self, connection: Flushable) -> None:
        self._connection: Any = connection
        self._flushes: set[asyncio.Task[None]] = set()

    async def answers(self, seconds: float) -> None:
        """Returns when the server has answered; raises ConnectionError when it has not after this time."""
        reading = getattr(self._connection, "_reading_task", None)
        if reading is not None and reading.done():
            raise ConnectionError("the client library has stopped reading")
        flush = asyncio.ensure_future(self._connection.flush(NEVER_S))
        self._flushes.add(flush)
        done, _ = await asyncio.wait({flush}, timeout=seconds)
        if not done:
            raise ConnectionError(f"it has not answered for {seconds:g} s")
        self._flushes.discard(flush)
        await flush

    def end(self) -> None:
        """Once the connection is closed."""
        for flush in self._flushes:
            flush.cancel()
