"""Answers the requests of an actor: each gets exactly one reply, a content of the handler or a failure with its reason."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from . import signing
from .actor import Actor, Handle, Request
from .bus import Bus, Incoming
from .failure import BadReply, Failure
from .logs import log
from .mailbox import Mailbox
from .wire import UnknownFormat, failure_message, format_of, pack, unpack

DEFAULT_PATIENCE_S = 5.0
"""The deadline of a request without the header `Spoor-Patience`."""


class Serving:
    """Lives from `start` until the process ends; `instance` is the id of the process in `$SRV`."""

    def __init__(
        self, actor: Actor, handle: Handle, mailbox: Mailbox, bus: Bus, secret: bytes | None, instance: str
    ) -> None:
        self._actor, self._handle, self._mailbox = actor, handle, mailbox
        self._bus, self._secret, self._instance = bus, secret, instance
        self._replies: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        for endpoint in self._actor.endpoints:
            await self._bus.serve(endpoint.subject, endpoint.queue, self._receive, endpoint.required)

    async def finished(self) -> None:
        """Waits until every request has its reply."""
        while self._replies:
            await asyncio.wait(set(self._replies))

    def _receive(self, incoming: Incoming) -> None:
        task = asyncio.create_task(self._answer(incoming))
        self._replies.add(task)
        task.add_done_callback(self._replies.discard)

    async def _answer(self, incoming: Incoming) -> None:
        deadline = time.monotonic() + _patience(incoming.headers.get("Spoor-Patience", ""))
        headers = {"Spoor-Instance": self._instance}
        version = 1
        content: Mapping[str, Any]
        try:
            message = unpack(incoming.payload)
            version = format_of(message)
            traceparent = incoming.headers.get("traceparent", "")
            content = await self._deliver(Request(message, deadline, traceparent))
        except Failure as failure:
            if failure.reason == "unreadable" and not isinstance(failure, BadReply):
                log.error("A request on %s is unreadable: %s", incoming.subject, failure)
            content = failure_message(failure)
            version = 2 if isinstance(failure, UnknownFormat) else version
        reply = signing.sign(self._secret, incoming.subject, incoming.payload, _packed(content, version))
        if version == 2:
            headers["Spoor-Format"] = "2"
        if len(reply) <= self._bus.limit:
            return await incoming.reply(reply, headers)
        too_large = f"a reply of {len(reply)} bytes exceeds the limit of {self._bus.limit} bytes"
        await incoming.reply(too_large.encode(), {**headers, "Spoor-Failure": "too-large"})

    async def _deliver(self, request: Request) -> Mapping[str, Any]:
        message = request.message
        numbers, index = message.get("numbers"), 10 if "texts" in message else 5
        events = len(numbers) // index if isinstance(numbers, list) else 0
        claimed = message.get("claimed")
        oldest = claimed / 1000 if type(claimed) is int else time.time()
        return await self._mailbox.deliver(lambda: self._handle(request), request.deadline, events, oldest)


def _patience(header: str) -> float:
    """Seconds that the requester still waits."""
    is_number = header.isascii() and header.isdigit() and len(header) < 12 and int(header) > 0
    return int(header) / 1000 if is_number else DEFAULT_PATIENCE_S


def _packed(content: Mapping[str, Any], version: int) -> bytes:
    """The reply in that format; `crashed` for a content of the handler that MessagePack cannot express."""
    head = {"v": 2} if version == 2 else {}
    try:
        return pack({**head, **content})
    except Exception as error:
        log.exception("the answer of the actor cannot be written")
        return pack({**head, **failure_message(Failure("crashed", f"{type(error).__name__}: {error}"))})
