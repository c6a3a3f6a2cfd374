"""
Runs an actor as a process, from the start to the exit: NATS, registration, health and metrics, and at SIGTERM the drain:
not ready → stop taking → finish → close → exit 0. A second signal ends the process at once with 130.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from . import __version__
from .actor import Actor
from .bus import Bus
from .failure import Failure
from .health import Health, serve_ops
from .logs import log, print_banner, start_logging
from .mailbox import Mailbox
from .metrics import Meter
from .registration import refuse_collision, register
from .serving import Serving
from .settings import Settings, read_settings
from .store import Store
from .wire import pack

SAME_SIGNAL_S = 0.5
"""A signal may arrive twice, from the terminal and passed on; within this time it counts as one."""


@dataclass(frozen=True)
class Context:
    """What a handler is built with. `store` asks a bridge; `environ` holds the settings of the actor."""

    environ: Mapping[str, str]
    bus: Bus
    store: Store

    async def publish(self, subject: str, message: Mapping[str, Any]) -> None:
        """Publishes a message of format 2 to observers, at most once; it is dropped without a connection."""
        await self.bus.publish(subject, pack(message), {"Spoor-Format": "2"})


def run(actor: Actor, environ: Mapping[str, str] = os.environ) -> NoReturn:
    """
    Runs until a signal and exits: 0 after a drain, 1 when it lasted longer than DRAIN_TIMEOUT or the start failed, 78 for
    settings that cannot work, 130 at the second signal.
    """
    try:
        settings = read_settings(environ)
        start_logging(actor.name, settings.log_level, settings.logs_json)
        code = asyncio.run(_live(actor, settings, environ))
    except Failure as failure:
        print(failure.message, file=sys.stderr, flush=True)
        code = 78 if failure.reason == "misconfigured" else 1
    sys.stdout.flush()
    # Not sys.exit: that would wait for a function of the user that never returns.
    os._exit(code)


async def _live(actor: Actor, settings: Settings, environ: Mapping[str, str]) -> int:
    stopping = _listen_for_signals()
    bus = Bus(settings.login)
    meter = Meter(actor.name, actor.concurrency + actor.waiting)
    health = Health(actor, meter, bus, __version__)
    handle = await actor.build(Context(environ, bus, Store(bus, settings.bus_secret, "enricher")))
    mailbox = Mailbox(meter, actor.concurrency)
    instance = uuid.uuid4().hex
    serving = Serving(actor, handle, mailbox, bus, settings.bus_secret, instance)

    ops_url = await serve_ops(health, settings.ops_host, settings.ops_port)
    await bus.open()
    await refuse_collision(bus, actor)
    await serving.start()
    await register(bus, health, instance, ops_url)
    if settings.bus_secret is None:
        log.info(
            "BUS_SECRET is not set: replies between actors are not signed. Set it to the same value for all actors."
        )
    health.state = "up"
    systems = {"health": f"{ops_url}/health/ready", "bus": f"nats {bus.login.address}"}
    print_banner(actor.name, systems, settings.logs_json)

    log.info("%s: draining", await stopping)
    health.state = "stopping"
    await asyncio.sleep(settings.drain_delay)
    try:
        await asyncio.wait_for(_drain(bus, serving), settings.drain_timeout)
    except asyncio.TimeoutError:
        log.error("The drain took longer than DRAIN_TIMEOUT; requests in flight get no reply.")
        return 1
    return 0


async def _drain(bus: Bus, serving: Serving) -> None:
    await bus.stop_receiving("spoor.")
    await serving.finished()
    await bus.close()


def _listen_for_signals() -> asyncio.Future[str]:
    """Resolves with the name of the first signal."""
    loop = asyncio.get_running_loop()
    first: asyncio.Future[str] = loop.create_future()
    received = 0.0

    def stop(name: str) -> None:
        nonlocal received
        if not first.done():
            received = time.monotonic()
            first.set_result(name)
        elif time.monotonic() - received > SAME_SIGNAL_S:
            os._exit(130)

    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stop, one.name)
    return first
