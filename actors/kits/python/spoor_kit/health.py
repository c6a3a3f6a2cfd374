"""
Health and metrics over HTTP on OPS_PORT: `/health/live`, `/health/ready` and `/metrics`, with the answers of our own
processes. Lives from `serve_ops` until the process ends.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from .actor import Actor
from .bus import Bus
from .failure import Failure
from .metrics import Family, Meter, process_families, prometheus

REQUEST_TIMEOUT_S = 5.0
MAX_REQUEST_BYTES = 8 * 1024
FRESH_S = 2.0
"""How long the result of a check stays current."""


@dataclass
class Health:
    """The state of the process, and whether the bus answers."""

    actor: Actor
    meter: Meter
    bus: Bus
    version: str
    started: float = field(default_factory=time.time)
    state: Literal["starting", "up", "stopping"] = "starting"
    _last_success: float | None = None
    _found: str | None = None
    _checked_at: float = 0

    async def check(self) -> str:
        """`ok`, or the sentence of the error; asked at most every two seconds."""
        if self._found is not None and time.monotonic() - self._checked_at < FRESH_S:
            return self._found
        try:
            await self.bus.check()
            self._found, self._last_success = "ok", time.time()
        except Failure as failure:
            self._found = failure.message
        self._checked_at = time.monotonic()
        return self._found

    async def report(self) -> dict[str, Any]:
        """The body of `/health/ready`."""
        self._checked_at = 0
        found = await self.check()
        age = None if self._last_success is None else time.time() - self._last_success
        system = {"name": "bus", "kind": "nats", "embedded": False, "address": self.bus.login.address}
        result = {"ok": found == "ok", "lastSuccessAge": age, **({} if found == "ok" else {"error": found})}
        is_ready = found == "ok" and self.state == "up"
        actors = {self.actor.name: self.state}
        return {"status": "ready" if is_ready else "not ready", "actors": actors, "seams": [{**system, **result}]}

    async def figures(self) -> dict[str, Any]:
        """The data of `$SRV.STATS` (contracts/actor-stats.ts)."""
        meter = self.meter
        handled = (
            {} if meter.last_at is None else {"lag": int(meter.last_age * 1000), "lastAt": int(meter.last_at * 1000)}
        )
        place = {"kind": "nats", "embedded": False, "address": self.bus.login.address}
        return {
            "events": meter.totals(),
            "underWay": len(meter.in_flight),
            "capacity": meter.capacity,
            **handled,
            "state": self.state,
            "restarts": 0,
            "seams": {"bus": await self.check()},
            "systems": {"bus": place},
        }

    def families(self) -> Iterable[Family]:
        yield from self.meter.families()
        label = '{dependency="bus"}'
        yield (
            "spoor_dependency_up",
            "gauge",
            "1 while the dependency works: its last check succeeded.",
            [(label, int(self._found == "ok"))],
        )
        yield "spoor_dependency_outages_total", "counter", "Outages of the dependency.", [(label, self.bus.outages)]
        yield (
            "spoor_dependency_failures_total",
            "counter",
            "Operations on the dependency that failed.",
            [(label, self.bus.failures)],
        )
        yield from process_families(self.version, self.started)

    async def answer(self, path: str) -> tuple[int, str, str]:
        """Status, content type and body."""
        is_json = "application/json"
        if path == "/health/live":
            is_stuck = self.actor.is_stuck()
            return (503, is_json, '{"status":"stuck"}') if is_stuck else (200, is_json, '{"status":"live"}')
        if path == "/health/ready":
            report = await self.report()
            return 200 if report["status"] == "ready" else 503, is_json, json.dumps(report)
        if path == "/metrics":
            await self.check()
            return 200, "text/plain; version=0.0.4", prometheus(self.families())
        message = "Not found. The paths are /health/live, /health/ready and /metrics."
        return 404, is_json, json.dumps({"error": "not-found", "message": message})


async def serve_ops(health: Health, host: str, port: int) -> str:
    """Serves until the process ends; returns the address. Raises `unavailable` when the port is in use."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), REQUEST_TIMEOUT_S)
            words = head.split(b" ", 2)
            path = words[1].decode("latin-1").split("?", 1)[0].rstrip("/") if len(words) == 3 else ""
            status, kind, body = await health.answer(path)
            if words[0] not in (b"GET", b"HEAD"):
                status, kind, body = 405, "text/plain", "Use GET."
            content = b"" if words[0] == b"HEAD" else body.encode()
            fields = f"content-type: {kind}\r\ncache-control: no-store\r\ncontent-length: {len(body.encode())}\r\nconnection: close"
            writer.write(f"HTTP/1.1 {status} \r\n{fields}\r\n\r\n".encode() + content)
            await writer.drain()
        except (asyncio.TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            pass  # the client has gone, or is not an HTTP client
        finally:
            writer.close()

    try:
        server = await asyncio.start_server(converse, host, port, limit=MAX_REQUEST_BYTES)
    except OSError as error:
        raise Failure("unavailable", f"OPS_PORT {port} on {host} cannot be used: {error}") from error
    address = server.sockets[0].getsockname()
    shown = f"[{address[0]}]" if ":" in address[0] else address[0]
    return f"http://{shown}:{address[1]}"
