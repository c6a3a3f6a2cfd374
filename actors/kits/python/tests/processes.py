"""Runs an actor of the kit as a process, and asks it over NATS."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import nats
from nats.aio.client import Client

from conftest import NatsServer
from spoor_kit.wire import unpack


class Process:
    """An actor as a process: its log lines are read when they are asked for."""

    def __init__(self, command: list[str], NATS_URL: str, **settings: str) -> None:
        own = {"NATS_URL": NATS_URL, "OPS_PORT": "0", "LOG_FORMAT": "json", "DRAIN_DELAY": "50ms", **settings}
        self.child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **own}
        )
        self.lines: list[dict[str, Any]] = []
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self.lines.append(json.loads(line))
            if self.lines[-1]["message"].startswith("Spoor is running"):
                self.ops = self.lines[-1]["health"].removesuffix("/health/ready")
                return
        raise RuntimeError(f"the process ended with {self.child.wait()}: {self.lines}")

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.ops + path) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def end(self, *signals: signal.Signals) -> int:
        for one in signals or (signal.SIGTERM,):
            self.child.send_signal(one)
            time.sleep(0.6 if len(signals) > 1 else 0)
        assert self.child.stdout is not None
        self.lines += [json.loads(line) for line in self.child.stdout]
        return self.child.wait()


async def request(
    client: Client, payload: bytes, patience_ms: int = 3_000, subject: str = "spoor.step.probe"
) -> dict[str, Any]:
    reply = await client.request(subject, payload, patience_ms / 1000, headers={"Spoor-Patience": str(patience_ms)})
    return unpack(reply.data)


async def eventually(what: str, check: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(400):
        if await check():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"not within 20 s: {what}")


Test = Callable[[Client, Process], Coroutine[Any, Any, None]]


def with_process(server: NatsServer, command: list[str], test: Test, client_url: str = "", **settings: str) -> Process:
    """Runs the test beside the process, and kills the process when the test fails."""
    process = Process(command, **{"NATS_URL": server.url, **settings})

    async def connected() -> None:
        client = await nats.connect(client_url or server.url)
        try:
            await test(client, process)
        finally:
            await client.close()

    try:
        asyncio.run(connected())
    except BaseException:
        process.child.kill()
        raise
    return process
