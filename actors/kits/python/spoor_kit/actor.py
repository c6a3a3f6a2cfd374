"""
An actor: what it serves, and what it does with one message. `process.run` gives it mailbox, registration, health,
metrics and drain.

To write an actor that is neither a step nor an enricher, make an `Actor` and `run` it:

    async def build(context: Context) -> Handle:
        async def handle(request: Request) -> Mapping[str, object]:
            batch = read_raw_batch(request.message)
            return receipt_message(await context.store(enrich(batch), request.deadline))
        return handle

    endpoint = Endpoint("messages", "spoor.enrich.2", "enrich", "1,2", "/contracts/raw-batch.2.json", "/contracts/reply.2.json")
    run(Actor("enricher", "Adds …", "requests on …", "records to a bridge", endpoints=[endpoint], build=build))
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .process import Context


@dataclass(frozen=True)
class Endpoint:
    """
    A subject that the actor serves with its queue group. `formats` are those of the requests on it, for senders;
    `schema` and `reply_schema` are the addresses of their schemas. The actor also works when NATS denies an endpoint that
    is not `required`.
    """

    name: str
    subject: str
    queue: str
    formats: str
    schema: str
    reply_schema: str
    required: bool = True


@dataclass(frozen=True)
class Request:
    """One decoded request. `deadline` is of `time.monotonic`; `traceparent` names the sender's span, or is empty."""

    message: Mapping[str, Any]
    deadline: float
    traceparent: str


Handle = Callable[[Request], Awaitable[Mapping[str, Any]]]
"""Returns the content of the reply without its format. Raises `Failure`; any other error is answered as `crashed`."""


@dataclass(frozen=True)
class Actor:
    """
    `build` runs once at the start and returns the handler; it raises `Failure` "misconfigured" for settings that cannot
    work. `is_stuck` says that a restart alone can help: the process is then not live.
    """

    name: str
    summary: str
    receives: str
    sends: str
    endpoints: Sequence[Endpoint]
    build: Callable[[Context], Awaitable[Handle]]
    concurrency: int = 16
    waiting: int = 64
    is_stuck: Callable[[], bool] = lambda: False
