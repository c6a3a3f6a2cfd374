"""The enricher as a process on a real NATS, with a bridge that answers what the test wants."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from conftest import NatsServer, bytes_of, json_of
from processes import Process, eventually, request, with_process
from spoor_kit import signing
from spoor_kit.wire import pack, read_enriched_batch, unpack

ENRICHER = [sys.executable, "-m", "spoor_kit.enricher"]


def stored(payload: bytes) -> dict[str, Any]:
    """The receipt of a bridge that has stored everything."""
    found = read_enriched_batch(unpack(payload))
    count = len(found.events)
    placements = [{"topic": "t", "partition": 0, "offset": "5", "count": count, "at": 1}] if count else []
    return {
        "receipt": {"id": found.id, "digest": found.digest, "stored": count, "placements": placements, "rejected": []}
    }


async def serve(client: Client, answer: Callable[[Msg], bytes | None]) -> list[Msg]:
    """Stands for a bridge: replies with what `answer` returns; the list has what it was asked."""
    asked: list[Msg] = []

    async def receive(message: Msg) -> None:
        asked.append(message)
        reply = answer(message)
        if reply is not None:
            await message.respond(reply)

    await client.subscribe("spoor.store", "store", receive)
    await client.flush()
    return asked


def test_the_enricher_serves_both_formats_and_asks_a_bridge(nats_server: NatsServer) -> None:
    async def test(client: Client, process: Process) -> None:
        asked = await serve(client, lambda message: pack({"v": 2, **stored(message.data)}))
        progress = await client.subscribe("spoor.events.enriched.>")
        for version, subject in ((1, "spoor.enrich"), (2, "spoor.enrich.2")):
            payload = bytes_of(f"raw-batch.{version}/mixed.msgpack")
            reply = await client.request(subject, payload, 3, headers={"Spoor-Patience": "3000", "traceparent": "00-t"})
            expected = {**({"v": 2} if version == 2 else {}), **stored(asked[-1].data)}
            assert unpack(reply.data) == expected
            assert reply.headers is not None
            assert reply.headers.get("Spoor-Format") == ("2" if version == 2 else None)
            headers = asked[-1].headers
            assert headers is not None and headers["traceparent"] == "00-t" and headers["Spoor-Format"] == "2"
            assert int(headers["Spoor-Patience"]) <= 2_800
        first, second = (read_enriched_batch(unpack(message.data)) for message in asked)
        assert [record.value for record in first.events] == [record.value for record in second.events]
        assert [record.index for record in first.events] == [
            one["index"] for one in json_of("raw-batch.2/mixed.events.json")
        ]
        assert unpack((await progress.next_msg(2)).data)["stage"] == "enriched"
        traced = await request(client, bytes_of("raw-batch.2/traces.msgpack"), subject="spoor.enrich.2")
        assert "receipt" in traced
        assert unpack(asked[-1].data)["traces"] == json_of("raw-batch.2/traces.json")["traces"]

    assert with_process(nats_server, ENRICHER, test).end() == 0


def test_a_bridge_that_fails_or_answers_garbage_is_a_failure_of_the_request(nats_server: NatsServer) -> None:
    async def test(client: Client, process: Process) -> None:
        payload = bytes_of("raw-batch.2/one-event.msgpack")

        named: list[bool] = []

        async def ask(patience_ms: int = 3_000) -> str:
            failure = (await request(client, payload, patience_ms, "spoor.enrich.2"))["failure"]
            named.append("the reply of an instance without a name on spoor.store is unusable" in failure["message"])
            return str(failure["reason"])

        assert await ask() == "no-responders"
        assert named.pop() is False
        answer: bytes | None = b"garbage"
        await serve(client, lambda message: answer)
        assert await ask() == "unreadable"
        other = bytes_of("enriched-batch.2/mixed.msgpack")
        answer = pack({"v": 2, **stored(other)})
        assert await ask() == "unreadable"
        answer = pack({"v": 2, "failure": {"reason": "busy", "message": "full"}})
        assert await ask() == "busy"
        assert named == [True, True, False]
        answer = None
        assert await ask(600) == "no-answer"
        assert await ask(240) == "expired"

    process = with_process(nats_server, ENRICHER, test)
    assert process.end() == 0
    lines = [line["message"] for line in process.lines if "is unusable" in line["message"]]
    assert len(lines) == 1 and "an instance without a name" in lines[0]


def test_a_batch_that_is_too_large_for_the_bridge_goes_in_parts(nats_server: NatsServer) -> None:
    async def test(client: Client, process: Process) -> None:
        too_large = pack({"v": 2, "failure": {"reason": "too-large", "message": "too large"}})
        sizes: list[int] = []

        def answer(message: Msg) -> bytes:
            sizes.append(len(read_enriched_batch(unpack(message.data)).events))
            return too_large if sizes[-1] > 1 else pack({"v": 2, **stored(message.data)})

        await serve(client, answer)
        reply = await request(client, bytes_of("raw-batch.2/mixed.msgpack"), subject="spoor.enrich.2")
        assert reply["receipt"]["stored"] == sizes.count(1) > 1
        assert len(reply["receipt"]["placements"]) == sizes.count(1)

    assert with_process(nats_server, ENRICHER, test).end() == 0


def test_replies_are_signed_and_checked_with_a_bus_secret(nats_server: NatsServer) -> None:
    async def test(client: Client, process: Process) -> None:
        payload = bytes_of("raw-batch.2/one-event.msgpack")
        is_signed = False

        def answer(message: Msg) -> bytes:
            reply = pack({"v": 2, **stored(message.data)})
            return signing.sign(b"s3cret" if is_signed else b"other", "spoor.store", message.data, reply)

        await serve(client, answer)
        for is_signed, content in ((False, "failure"), (True, "receipt")):
            reply = await client.request("spoor.enrich.2", payload, 3)
            assert content in unpack(signing.verified(b"s3cret", "spoor.enrich.2", payload, reply.data))

    assert with_process(nats_server, ENRICHER, test, BUS_SECRET="s3cret").end() == 0


USERS = """
authorization {
  users: [
    { user: tester, password: t }
    { user: enricher, password: e, permissions: { subscribe: { deny: ["DENIED"] } } }
  ]
}
"""


@pytest.mark.parametrize(
    ("denied", "endpoints", "ready"),
    [
        ("spoor.none", ["spoor.enrich", "spoor.enrich.2"], 200),
        ("spoor.enrich.2", ["spoor.enrich"], 200),
        ("spoor.enrich", ["spoor.enrich.2"], 503),
    ],
)
def test_it_logs_in_and_says_what_nats_does_not_allow(
    tmp_path: Path, denied: str, endpoints: list[str], ready: int
) -> None:
    configuration = tmp_path / "nats.conf"
    configuration.write_text(USERS.replace("DENIED", denied), "utf-8")
    server = NatsServer(str(configuration))
    server.start()
    try:

        async def test(client: Client, process: Process) -> None:
            async def is_reported() -> bool:
                return process.get("/health/ready")[0] == ready

            await eventually(f"ready answers {ready}", is_reported)
            info = json.loads((await client.request("$SRV.INFO.enricher", b"", 1)).data)
            assert [one["subject"] for one in info["endpoints"]] == endpoints
            if ready == 503:
                sentence = json.loads(process.get("/health/ready")[1])["seams"][0]["error"]
                assert "denies: " in sentence and f'subscription to "{denied}"' in sentence.lower()

        login = server.url.replace("://", "://tester:t@")
        enricher = server.url.replace("://", "://enricher:e@")
        assert with_process(server, ENRICHER, test, NATS_URL=enricher, client_url=login).end() == 0
    finally:
        server.kill()


def test_a_login_that_nats_refuses_is_reported_and_tried_again(tmp_path: Path) -> None:
    configuration = tmp_path / "nats.conf"
    configuration.write_text(USERS, "utf-8")
    server = NatsServer(str(configuration))
    server.start()
    process = Process(ENRICHER, server.url.replace("://", "://enricher:wrong@"))
    try:
        assert "check the user and password" in process.get("/health/ready")[1]
    finally:
        process.child.kill()
        server.kill()
