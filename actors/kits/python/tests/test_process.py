"""A step as a process on a real NATS: answers, limits, health, registration, drain and outages."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import nats
from nats.aio.client import Client
from nats.errors import Error, NoRespondersError

from conftest import NatsServer
from processes import Process, eventually, request, with_process
from spoor_kit.batch import EnrichedBatch, Record
from spoor_kit.wire import pack, unpack, write_enriched_batch

STEP = [sys.executable, str(Path(__file__).parent / "a_step.py")]
SUBJECT = "spoor.step.probe"


def batch(*queries: str) -> bytes:
    events = [
        Record(index, "events", None, f"t type=Mobile {query}".encode(), 1) for index, query in enumerate(queries)
    ]
    return write_enriched_batch(EnrichedBatch("b1", "0" * 16, 1, 2, events))


def test_requests_get_answers_and_failures(nats_server: NatsServer) -> None:
    async def test(client: Client, process: Process) -> None:
        reply = await client.request(SUBJECT, batch("n=7"), 3)
        assert unpack(reply.data)["step"]["added"] == [{"index": 0, "params": {"probe": "7"}}]
        assert reply.headers is not None and reply.headers["Spoor-Format"] == "2"
        failed = await request(client, batch("n=1", "raise=boom"))
        assert failed["step"]["added"] == [{"index": 0, "params": {"probe": "1"}}]
        assert failed["step"]["failed"] == [{"index": 1, "message": "RuntimeError: boom"}]
        foreign = await request(client, batch("n=1", "name=other"))
        assert foreign["failure"]["reason"] == "unavailable" and "'other'" in foreign["failure"]["message"]
        crashed = await request(client, batch("n=1", "exit=now"))
        assert crashed["failure"]["reason"] == "crashed" and "SystemExit" in crashed["failure"]["message"]
        assert (await request(client, b"garbage"))["failure"]["reason"] == "unreadable"
        newer = await request(client, pack({"v": 3, "id": "x"}))
        assert (newer["v"], newer["failure"]["reason"], newer["formats"]) == (2, "unreadable", [1, 2])
        absurd = await client.request(SUBJECT, batch("n=1"), 3, headers={"Spoor-Patience": "9" * 3_000})
        assert "step" in unpack(absurd.data)
        expired = await request(client, batch("n=1"), 50)
        assert expired["failure"]["reason"] == "expired"
        assert (await request(client, batch()))["step"]["added"] == []
        info = json.loads((await client.request("$SRV.INFO.probe", b"", 1)).data)
        assert (info["id"], info["metadata"]["ops"]) == (reply.headers["Spoor-Instance"], process.ops)
        assert info["endpoints"] == [
            {
                "name": "messages",
                "subject": SUBJECT,
                "queue_group": "step-probe",
                "metadata": {
                    "formats": "2",
                    "schema": "/contracts/step-request.2.json",
                    "reply_schema": "/contracts/step-reply.2.json",
                },
            }
        ]
        stats = json.loads((await client.request("$SRV.STATS", b"", 1)).data)
        assert stats["endpoints"][0]["data"]["events"]["succeeded"] == 4
        assert stats["endpoints"][0]["data"]["seams"] == {"bus": "ok"}
        assert process.get("/health/live") == (200, '{"status":"live"}')
        status, ready = process.get("/health/ready")
        assert (status, json.loads(ready)["status"], json.loads(ready)["actors"]) == (200, "ready", {"probe": "up"})
        status, metrics = process.get("/metrics")
        assert 'spoor_actor_events_total{actor="probe",outcome="failed",reason="crashed"} 2' in metrics
        assert 'spoor_actor_events_total{actor="probe",outcome="refused",reason="expired"} 1' in metrics
        assert 'spoor_dependency_up{dependency="bus"} 1' in metrics
        assert process.get("/other")[0] == 404

    process = with_process(nats_server, STEP, test)
    assert process.end() == 0
    crash = next(line for line in process.lines if "crashed on a message" in line["message"])
    assert (crash["level"], crash["actor"]) == ("ERROR", "probe") and "SystemExit" in crash["cause"]
    failure = next(line for line in process.lines if "failed on an event" in line["message"])
    assert failure["level"] == "ERROR" and "boom" in failure["cause"]


def test_a_full_mailbox_answers_busy_and_a_drain_finishes_what_was_taken(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"

    async def test(client: Client, process: Process) -> None:
        blocked = batch(f"n=1&until={quote(str(gate))}")
        taken = [asyncio.create_task(request(client, blocked, 20_000)) for _ in range(2)]

        async def is_full() -> bool:
            return 'spoor_actor_mailbox_size{actor="probe"} 2' in process.get("/metrics")[1]

        await eventually("the mailbox is full", is_full)
        assert (await request(client, batch("n=1")))["failure"]["reason"] == "busy"
        assert process.get("/health/live")[0] == 200
        process.child.send_signal(signal.SIGTERM)

        async def is_gone() -> bool:
            try:
                await client.request(SUBJECT, batch("n=1"), 0.2)
            except NoRespondersError:
                return True
            return False

        await eventually("no new request is taken", is_gone)
        assert process.get("/health/ready")[0] == 503
        gate.touch()
        for answer in await asyncio.gather(*taken):
            assert answer["step"]["added"] == [{"index": 0, "params": {"probe": "1"}}]

    process = with_process(nats_server, STEP, test)
    assert process.child.wait() == 0


def test_an_actor_of_the_same_name_on_other_subjects_is_refused(nats_server: NatsServer, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text(
        "from spoor_kit import Actor, Endpoint, run\n"
        "async def build(context):\n    return None\n"
        "endpoint = Endpoint('messages', 'spoor.step.other', 'step-other', '2', '', '')\n"
        "run(Actor('probe', 'Tests.', 'requests', 'nothing', [endpoint], build))\n"
    )
    process, twin = Process(STEP, nats_server.url), Process(STEP, nats_server.url)
    environ = {**os.environ, "NATS_URL": nats_server.url, "OPS_PORT": "0"}
    ended = subprocess.run([sys.executable, str(other)], env=environ, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 78 and "give this one another name" in ended.stderr
    assert (process.end(), twin.end()) == (0, 0)


def test_a_second_signal_ends_the_process_at_once(nats_server: NatsServer) -> None:
    process = Process(STEP, nats_server.url, DRAIN_DELAY="20s")
    assert process.end(signal.SIGTERM, signal.SIGTERM) == 130


def test_a_drain_that_takes_too_long_ends_with_1(nats_server: NatsServer) -> None:
    async def test(client: Client, process: Process) -> None:
        await client.publish(SUBJECT, batch("until=/never"), reply="nobody")

        async def is_taken() -> bool:
            return 'spoor_actor_mailbox_size{actor="probe"} 1' in process.get("/metrics")[1]

        await eventually("the request is taken", is_taken)

    process = with_process(nats_server, STEP, test, DRAIN_TIMEOUT="200ms")
    assert process.end() == 1


def test_it_starts_without_nats_and_finds_it_again_for_ever(nats_server: NatsServer) -> None:
    nats_server.kill()
    process = Process(STEP, nats_server.url)
    try:
        status, report = process.get("/health/ready")
        assert status == 503 and "unreachable" in json.loads(report)["seams"][0]["error"]
        for _ in range(2):
            nats_server.start()

            async def test() -> None:
                client = await nats.connect(nats_server.url)

                async def answers() -> bool:
                    try:
                        return "step" in await request(client, batch("n=1"), 500)
                    except Error:
                        return False

                await eventually("the step answers again", answers)
                await client.close()

            asyncio.run(test())
            nats_server.kill()
    finally:
        process.child.kill()
