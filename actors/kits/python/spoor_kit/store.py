"""
Asks a bridge to store a batch of records: the nested request on `spoor.store`. A batch that is too large for one message,
or whose answer is, goes in halves, whose receipts are merged. Keeps no state.

Requests are written in format 2 at once: it differs from format 1 by an additional field, which readers of format 1
ignore.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import signing
from .batch import EnrichedBatch, Receipt, Record, merge_receipts
from .bus import Bus, Reply
from .failure import BadReply, Failure, reason_of
from .logs import log
from .mailbox import MIN_TIME_LEFT_S
from .wire import MAX_MESSAGE_BYTES, read_receipt, write_enriched_batch

if TYPE_CHECKING:
    from .messages import RejectedBy, Rejection

SUBJECT = "spoor.store"
TIMEOUT_S = 5.0
LOG_INTERVAL_S = 10.0
REPLY_TRAVEL_S = 0.2
"""Time that is reserved for our own answer to travel back."""


class Store:
    """Lives as long as the bus. `stage` names this actor in rejections."""

    def __init__(self, bus: Bus, secret: bytes | None, stage: RejectedBy) -> None:
        self._bus, self._secret, self._stage = bus, secret, stage
        self._logged_at = float("-inf")

    async def __call__(self, batch: EnrichedBatch, deadline: float, traceparent: str = "") -> Receipt:
        """
        The receipt for the whole batch; one without events probes the path to the log. Raises the failure of the bridge
        or of the bus; `unreadable` for a reply that is not a receipt for exactly this batch; `expired` when the deadline
        (of `time.monotonic`) leaves no time.
        """
        payload = write_enriched_batch(batch)
        try:
            return await self._send(batch, payload, deadline, traceparent)
        except Failure as failure:
            if failure.reason != "too-large":
                raise
            if len(batch.events) <= 1:
                return self._too_large(batch, len(payload), failure)
        middle = len(batch.events) // 2
        receipts = []
        for events in (batch.events[:middle], batch.events[middle:]):
            receipts.append(await self(_part(batch, events), deadline, traceparent))
        return merge_receipts(batch.id, batch.digest, receipts)

    async def _send(self, batch: EnrichedBatch, payload: bytes, deadline: float, traceparent: str) -> Receipt:
        now = time.monotonic()
        until = min(now + TIMEOUT_S, deadline - REPLY_TRAVEL_S)
        if until - now < MIN_TIME_LEFT_S:
            raise Failure("expired", f"the deadline leaves no time for a request on {SUBJECT}")
        headers = {"Spoor-Format": "2", **({"traceparent": traceparent} if traceparent else {})}
        reply = await self._bus.request(SUBJECT, payload, until, headers)
        if "Spoor-Failure" in reply.headers:
            reason = reason_of(reply.headers["Spoor-Failure"])
            raise Failure(reason, reply.payload.decode("utf-8", "replace"))
        try:
            receipt = read_receipt(signing.verified(self._secret, SUBJECT, payload, reply.payload))
        except BadReply as error:
            raise self._unusable(reply, error.message) from error
        if receipt.accounts_for(batch.id, batch.digest, [event.index for event in batch.events]):
            return receipt
        what = (
            f"the receipt of {receipt.id} (digest {receipt.digest}) does not account for the {len(batch.events)} events"
        )
        raise self._unusable(reply, f"{what} of {batch.id} (digest {batch.digest})")

    def _unusable(self, reply: Reply, what: str) -> Failure:
        """The failure for a reply that is not one to the request; logged with the instance, at most once in 10 s."""
        instance = reply.headers.get("Spoor-Instance")
        name = "an instance without a name" if instance is None else f"instance {instance}"
        message = f"the reply of {name} on {SUBJECT} is unusable: {what}"
        if time.monotonic() - self._logged_at > LOG_INTERVAL_S:
            self._logged_at = time.monotonic()
            log.warning("%s. The batch is tried again. Stop or mend that instance.", message)
        return BadReply(message)

    def _too_large(self, batch: EnrichedBatch, size: int, failure: Failure) -> Receipt:
        """
        Rejects an event that no message can hold. One that only exceeds the limit of this server waits; so does one
        whose answer does not fit, because it may be stored already.
        """
        if size <= MAX_MESSAGE_BYTES:
            raise Failure("unavailable", failure.message)
        rejected: list[Rejection] = [
            {
                "index": event.index,
                "topic": event.topic,
                "stage": self._stage,
                "reason": "too large",
                "detail": failure.message,
            }
            for event in batch.events
        ]
        return Receipt(batch.id, batch.digest, 0, [], rejected)


def _part(batch: EnrichedBatch, events: Sequence[Record]) -> EnrichedBatch:
    """The batch with some of its events, and only the traces of these."""
    if batch.traces is None:
        return dataclasses.replace(batch, events=events)
    indices = {event.index for event in events}
    traces = [trace for trace in batch.traces if trace["index"] in indices]
    return dataclasses.replace(batch, events=events, traces=traces)
