"""
Registers the actor as a NATS micro service (ADR-32): answers `$SRV.PING`, `.INFO` and `.STATS` until the bus closes. Before
that, refuses a name that another actor has.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from .actor import Actor, Endpoint
from .bus import Bus, Incoming
from .failure import Failure
from .health import Health
from .logs import timestamp


COLLISION_WINDOW_S = 0.3
"""How long the start waits for actors of the same name."""


async def refuse_collision(bus: Bus, actor: Actor) -> None:
    """
    Raises `misconfigured` when an actor of the same name serves other subjects: people and metrics would take the two for
    one. An unreachable NATS refuses nothing, nor does one where our user may not ask.
    """
    own = {endpoint.subject for endpoint in actor.endpoints}
    for reply in await bus.replies("$SRV.INFO", COLLISION_WINDOW_S):
        try:
            other = json.loads(reply)
            served = {endpoint["subject"] for endpoint in other["endpoints"]}
        except (ValueError, TypeError, KeyError):
            continue
        if other.get("name") == actor.name and served and not served & own:
            raise Failure(
                "misconfigured",
                f"An actor named {actor.name} runs on this NATS ({other.get('id')}) and serves {', '.join(sorted(served))}, "
                f"while this one serves {', '.join(sorted(own))}: give this one another name.",
            )


async def register(bus: Bus, health: Health, instance: str, ops_url: str) -> None:
    """`instance` is the id of this process, as in the header `Spoor-Instance`."""
    actor = health.actor
    metadata = {
        "host": socket.gethostname(),
        "pid": str(os.getpid()),
        "receives": actor.receives,
        "sends": actor.sends,
        "ops": ops_url,
    }
    identity = {"name": actor.name, "id": instance, "version": health.version, "metadata": metadata}

    def places() -> list[tuple[Endpoint, dict[str, Any]]]:
        """The endpoints that NATS allows."""
        return [
            (one, {"name": one.name, "subject": one.subject, "queue_group": one.queue})
            for one in actor.endpoints
            if one.subject not in bus.denied
        ]

    async def ping() -> dict[str, Any]:
        return {"type": "io.nats.micro.v1.ping_response", **identity}

    async def info() -> dict[str, Any]:
        described = [
            {**place, "metadata": {"formats": one.formats, "schema": one.schema, "reply_schema": one.reply_schema}}
            for one, place in places()
        ]
        kind = "io.nats.micro.v1.info_response"
        return {"type": kind, **identity, "description": actor.summary, "endpoints": described}

    async def stats() -> dict[str, Any]:
        meter = health.meter
        totals = meter.totals()
        busy = int(meter.busy_seconds * 1e9)
        counts = {
            "num_requests": meter.messages,
            "num_errors": totals["failed"] + totals["refused"],
            "last_error": meter.last_error,
            "processing_time": busy,
            "average_processing_time": busy // max(1, meter.messages),
            "data": await health.figures(),
        }
        # The figures are those of the actor as a whole: they stand at its first endpoint, and at no other.
        zero = {name: "" if name == "last_error" else 0 for name in counts if name != "data"}
        endpoints = [{**place, **(counts if at == 0 else zero)} for at, (_, place) in enumerate(places())]
        kind = "io.nats.micro.v1.stats_response"
        return {"type": kind, **identity, "started": timestamp(health.started), "endpoints": endpoints}

    replies: dict[str, Callable[[], Awaitable[dict[str, Any]]]] = {"PING": ping, "INFO": info, "STATS": stats}
    tasks: set[asyncio.Task[None]] = set()
    for kind, reply in replies.items():

        def receive(incoming: Incoming, reply: Callable[[], Awaitable[dict[str, Any]]] = reply) -> None:
            async def answer() -> None:
                await incoming.reply(json.dumps(await reply()).encode(), {})

            task = asyncio.create_task(answer())
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        for suffix in ("", f".{actor.name}", f".{actor.name}.{instance}"):
            await bus.serve(f"$SRV.{kind}{suffix}", "", receive)
