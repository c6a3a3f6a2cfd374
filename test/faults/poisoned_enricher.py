"""
The Python enricher with a simulated bug: when it is about to store records with a poison event (poison.ts), it throws,
kills its process, or loops forever. Otherwise it is the enricher of the kit. Runs from its start until a signal.
"""

import dataclasses
import os
import signal

from spoor_kit import Context, run
from spoor_kit.actor import Handle
from spoor_kit.batch import EnrichedBatch, Receipt
from spoor_kit.enricher.__main__ import ENRICHER
from spoor_kit.store import Store


class PoisonedStore(Store):
    def __init__(self, store: Store) -> None:
        self.__dict__.update(store.__dict__)

    async def __call__(self, batch: EnrichedBatch, deadline: float, traceparent: str = "") -> Receipt:
        values = b"".join(event.value for event in batch.events)
        if b"poison=throws!" in values:
            raise RuntimeError("a poisoned event")
        if b"poison=kills!" in values:
            os.kill(os.getpid(), signal.SIGKILL)
        while b"poison=hangs!" in values:
            pass
        return await super().__call__(batch, deadline, traceparent)


async def build(context: Context) -> Handle:
    return await ENRICHER.build(dataclasses.replace(context, store=PoisonedStore(context.store)))


run(dataclasses.replace(ENRICHER, build=build))
