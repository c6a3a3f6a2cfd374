"""The connection to a NATS that dies, hangs and comes back: what happens to requests meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Coroutine

import pytest

from conftest import NatsServer
from spoor_kit.bus import Bus, Incoming, Reply
from spoor_kit.failure import Failure
from spoor_kit.login import parse_url
from spoor_kit.settings import read_settings


async def failed(asked: Coroutine[None, None, Reply | None]) -> str:
    try:
        await asked
    except Failure as failure:
        return failure.reason
    return "succeeded"


async def becomes(bus: Bus, reason: str) -> None:
    """Waits until a check of the bus ends so."""
    for _ in range(600):
        if await failed(bus.check()) == reason:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"a check of the bus did not become {reason} within 30 s")


def ask(bus: Bus, subject: str, seconds: float = 60) -> Coroutine[None, None, Reply]:
    return bus.request(subject, b"x", time.monotonic() + seconds, {})


@pytest.mark.parametrize("fault", ["killed", "frozen"])
def test_requests_in_flight_fail_when_the_server_is_gone(nats_server: NatsServer, fault: str) -> None:
    async def test() -> None:
        bus = Bus(parse_url(nats_server.url))
        await bus.open()
        received: list[Incoming] = []
        await bus.serve("silent", "q", received.append)
        await bus.serve("echo", "q", lambda one: void(one.reply(one.payload, {"A": "b"})))
        answer = await ask(bus, "echo")
        assert (answer.payload, answer.headers) == (b"x", {"A": "b"})
        assert await failed(ask(bus, "nobody")) == "no-responders"
        assert await failed(ask(bus, "silent", 0.1)) == "no-answer"
        assert await failed(bus.request("echo", b"x" * 600_000, time.monotonic() + 1, {})) == "too-large"
        asked = asyncio.create_task(failed(ask(bus, "silent")))
        while len(received) < 2:
            await asyncio.sleep(0.01)
        assert "Spoor-Patience" in received[0].headers
        nats_server.kill() if fault == "killed" else nats_server.pause()
        assert await asyncio.wait_for(asked, 30) == "timeout"
        assert await failed(ask(bus, "echo")) == "unavailable"
        assert not await bus.publish("news", b"x", {})
        nats_server.start() if fault == "killed" else nats_server.resume()
        await becomes(bus, "succeeded")
        assert (await ask(bus, "echo")).payload == b"x"
        assert await bus.publish("news", b"x", {})
        assert bus.outages >= 1
        await bus.close()

    asyncio.run(test())


def test_an_answer_that_comes_late_does_no_harm_to_the_connection(nats_server: NatsServer) -> None:
    async def test() -> None:
        bus = Bus(parse_url(nats_server.url))
        await bus.open()
        await bus.serve("echo", "q", lambda one: void(one.reply(one.payload, {})))
        nats_server.pause()
        assert await failed(bus.check()) == "unavailable"
        nats_server.resume()
        await becomes(bus, "succeeded")
        assert (await ask(bus, "echo")).payload == b"x"
        await bus.close()

    asyncio.run(test())


def void(work: Awaitable[None]) -> None:
    tasks.add(asyncio.ensure_future(work))


tasks: set[asyncio.Future[None]] = set()


def test_urls_name_servers_and_one_login() -> None:
    login = read_settings({"NATS_URL": "nats://us%40er:p%3Ass@a:4223, [::1]"}).login
    assert (login.servers, login.user, login.password) == (["nats://a:4223", "nats://[::1]:4222"], "us@er", "p:ss")
    assert login.address == "a:4223, [::1]:4222"
