"""
Batches, their events and receipts, as contracts/batch.ts declares them.

A text of a line is a `ByteString`: a str with one character (U+0000 to U+00FF) per byte, so that any byte passes
through unchanged. ASCII text is the same in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NewType

if TYPE_CHECKING:
    from .messages import EventTrace, Placement, Rejection

ByteString = NewType("ByteString", str)
Dialect = Literal["pushtech", "adtekio"]


@dataclass(slots=True)
class RawEvent:
    """One parsed line. `ts` is milliseconds since 1970 (pushtech) or seconds (adtekio); host and pod are empty in adtekio."""

    index: int
    dialect: Dialect
    topic: str
    ts: int
    ip: str
    host: ByteString
    pod: ByteString
    path: ByteString
    query: ByteString
    user_agent: ByteString


@dataclass(slots=True)
class Record:
    """One finished event: `value` is `event meta params`, as Kafka stores it. `received` is milliseconds since 1970."""

    index: int
    topic: str
    key: str | None
    value: bytes
    received: int


@dataclass(frozen=True)
class RawBatch:
    """From the drainer to an enricher. `traces` are passed on unread."""

    id: str
    digest: str
    claimed: int
    events: Sequence[RawEvent]
    traces: Sequence[EventTrace] | None = None


@dataclass(frozen=True)
class EnrichedBatch:
    """From an enricher to a bridge, and to an enrichment step."""

    id: str
    digest: str
    claimed: int
    enriched: int
    events: Sequence[Record]
    traces: Sequence[EventTrace] | None = None


@dataclass(frozen=True)
class Receipt:
    """The outcome of a batch: every event is stored or rejected."""

    id: str
    digest: str
    stored: int
    placements: Sequence[Placement]
    rejected: Sequence[Rejection]

    def accounts_for(self, batch_id: str, digest: str, indices: Sequence[int]) -> bool:
        """Whether it covers every event of exactly this batch, each once, with a placement for each stored one."""
        if (self.id, self.digest) != (batch_id, digest):
            return False
        if self.stored < 0 or self.stored + len(self.rejected) != len(indices):
            return False
        counts = [placement["count"] for placement in self.placements]
        if any(count < 1 for count in counts) or sum(counts) != self.stored:
            return False
        refused = [rejection["index"] for rejection in self.rejected]
        return len(set(refused)) == len(refused) and set(refused) <= set(indices)


def merge_receipts(batch_id: str, digest: str, receipts: Sequence[Receipt]) -> Receipt:
    """One receipt for several parts of the same batch."""
    return Receipt(
        batch_id,
        digest,
        sum(receipt.stored for receipt in receipts),
        [placement for receipt in receipts for placement in receipt.placements],
        [rejection for receipt in receipts for rejection in receipt.rejected],
    )
