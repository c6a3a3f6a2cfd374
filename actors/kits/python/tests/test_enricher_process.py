"""The enricher as a process on a real NATS, with a bridge that answers what the test wants."""

from __future__ import annotations

import sys
from typing import Any, Callable

from nats.aio.client import Client
from nats.aio.msg import Msg

from conftest import NatsServer, bytes_of, json_of
from processes import Process, request, with_process
from spoor_kit import signing
from spoor_kit.wire import pack, read_enriched_batch, unpack

ENRICHER = [sys.executable, "-m", "spoor_kit.enricher"]


def stored(payload: bytes) -> dict[str, Any]:
    """The receipt of a bridge that has stored everything."""
    found = read_enriched_batch(unpack(payload))
    count = len(found.events)
    placements = [{"topic": "t", "partition": 0, "offset": "5", "count": count, "at": 1}] if count else []
    return {"receipt": {"id": found.id, "digest": found.digest, "stored": count, "placements": placements, "rejected": []}}


async def serve(client: Client, answer: Callable[[Msg], "bytes | None"]) -> list[Msg]:
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
        assert [record.index for record in first.events] == [one["index"] for one in json_of("raw-batch.2/mixed.events.json")]
        assert unpack((await progress.next_msg(2)).data)["stage"] == "enriched"
        traced = await request(client, bytes_of("raw-batch.2/traces.msgpack"), subject="spoor.enrich.2")
        assert "receipt" in traced
        assert unpack(asked[-1].data)["traces"] == json_of("raw-batch.2/traces.json")["traces"]

    assert with_process(nats_server, ENRICHER, test).end() == 0


def test_a_bridge_that_fails_or_answers_garbage_is_a_failure_of_the_request(nats_server: NatsServer) -> None:
    async def test(client: Client, process: Process) -> None:
        payload = bytes_of("raw-batch.2/one-event.msgpack")

        async def ask(patience_ms: int = 3_000) -> str:
            failure = (await request(client, payload, patience_ms, "spoor.enrich.2"))["failure"]
            return str(failure["reason"])

        assert await ask() == "no-responders"
        answer: "bytes | None" = b"garbage"
        await serve(client, lambda message: answer)
        assert await ask() == "unreadable"
        other = bytes_of("enriched-batch.2/mixed.msgpack")
        answer = pack({"v": 2, **stored(other)})
        assert await ask() == "crashed"
        answer = pack({"v": 2, "failure": {"reason": "busy", "message": "full"}})
        assert await ask() == "busy"
        answer = None
        assert await ask(600) == "no-answer"
        assert await ask(240) == "expired"

    process = with_process(nats_server, ENRICHER, test)
    assert process.end() == 0


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
