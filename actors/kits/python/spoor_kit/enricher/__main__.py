"""
The actor `enricher` in Python: serves `spoor.enrich` (format 1) and `spoor.enrich.2` (format 2) in the queue group
`enrich`, beside or in place of ours, and asks a bridge to store the records.

    NATS_URL=nats://127.0.0.1:4222 python -m spoor_kit.enricher
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..actor import Actor, Endpoint, Handle, Request
from ..batch import EnrichedBatch, RawBatch, Receipt, Record, merge_receipts
from ..process import Context, run
from ..settings import value_of
from ..wire import read_raw_batch, receipt_message
from .places import Locate, read_places
from .record import enriched

if TYPE_CHECKING:
    from ..messages import BatchProgressV2, Rejection


def enrich_all(batch: RawBatch, locate: Locate, key_param: str | None) -> tuple[list[Record], list[Rejection]]:
    """The records of a batch; an event whose enrichment fails is rejected alone."""
    records: list[Record] = []
    rejected: list[Rejection] = []
    for event in batch.events:
        try:
            records.append(enriched(event, batch.claimed, locate, key_param))
        except Exception as error:
            why: Rejection = {"index": event.index, "topic": event.topic, "stage": "enricher", "reason": "not enriched"}
            rejected.append({**why, "detail": f"{type(error).__name__}: {error}"})
    return records, rejected


async def build(context: Context) -> Handle:
    """Reads GEOIP_DB and KAFKA_KEY_PARAM."""
    locate = read_places(context.environ)
    key_param = value_of(context.environ, "KAFKA_KEY_PARAM")

    async def handle(request: Request) -> Mapping[str, Any]:
        batch = read_raw_batch(request.message)
        records, rejected = enrich_all(batch, locate, key_param)
        await _publish_progress(context, batch.id, records)
        own = Receipt(batch.id, batch.digest, 0, [], rejected)
        if not records and rejected:
            return receipt_message(own)
        now = int(time.time() * 1000)
        stored = EnrichedBatch(batch.id, batch.digest, batch.claimed, now, records, batch.traces)
        receipt = await context.store(stored, request.deadline, request.traceparent)
        return receipt_message(merge_receipts(batch.id, batch.digest, [receipt, own]))

    return handle


async def _publish_progress(context: Context, batch: str, records: Sequence[Record]) -> None:
    """One small message for each topic, for observers."""
    counts: dict[str, int] = {}
    for record in records:
        counts[record.topic] = counts.get(record.topic, 0) + 1
    at = int(time.time() * 1000)
    for topic, count in counts.items():
        progress: BatchProgressV2 = {
            "v": 2,
            "stage": "enriched",
            "topic": topic,
            "batch": batch,
            "at": at,
            "count": count,
        }
        await context.publish(f"spoor.events.enriched.{topic}", progress)


ENRICHER = Actor(
    name="enricher",
    summary="Adds device and country to events and turns them into records (Python).",
    receives="requests on spoor.enrich and spoor.enrich.2 (group enrich)",
    sends="batches of records to a bridge",
    endpoints=[
        Endpoint("messages", "spoor.enrich", "enrich", "1,2", "/contracts/raw-batch.2.json", "/contracts/reply.2.json"),
        Endpoint(
            "messages-2",
            "spoor.enrich.2",
            "enrich",
            "1,2",
            "/contracts/raw-batch.2.json",
            "/contracts/reply.2.json",
            # Without the permission for it, senders write format 1 on the other subject.
            required=False,
        ),
    ],
    build=build,
)


def main() -> None:
    run(ENRICHER)


if __name__ == "__main__":
    main()
