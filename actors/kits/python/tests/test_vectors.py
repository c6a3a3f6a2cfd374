"""The golden vectors of contracts/vectors: what every language decodes, encodes and refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from conftest import bytes_of, json_of
from spoor_kit.batch import EnrichedBatch, RawBatch, Receipt
from spoor_kit.failure import Failure
from spoor_kit.wire import (
    UnknownFormat,
    failure_message,
    format_of,
    pack,
    read_enriched_batch,
    read_raw_batch,
    read_receipt,
    receipt_message,
    unpack,
    write_enriched_batch,
)

INDEX = json_of("index.json")


def vectors(*messages: str) -> list[Any]:
    found = [one for one in INDEX["vectors"] if one["message"] in messages]
    assert found
    return [pytest.param(one, id=f"{one['message']}.{one['format']}/{one['case']}") for one in found]


def decoded(payload: bytes) -> Any:
    message = unpack(payload)
    format_of(message)
    return message


def in_order(payload: bytes) -> str:
    """The message with its fields in their order. Maps may be written with headers of 16 bits; the kit writes the shortest."""
    return repr(list(unpack(payload).items()))


def raw_events(batch: RawBatch) -> list[dict[str, Any]]:
    texts = ("ip", "host", "pod", "path", "query")
    return [
        {
            **{"index": event.index, "dialect": event.dialect, "topic": event.topic, "ts": event.ts},
            **{name: getattr(event, name).encode("latin-1") for name in texts},
            "userAgent": event.user_agent.encode("latin-1"),
        }
        for event in batch.events
    ]


def records(batch: EnrichedBatch) -> list[dict[str, Any]]:
    return [
        {
            **{"index": event.index, "topic": event.topic, "received": event.received, "value": event.value},
            **({} if event.key is None else {"key": event.key}),
        }
        for event in batch.events
    ]


@pytest.mark.parametrize("vector", vectors("raw-batch"))
def test_raw_batches_are_read(vector: Any) -> None:
    batch = read_raw_batch(decoded(bytes_of(vector["bytes"])))
    expected = json_of(vector["json"])
    assert (batch.id, batch.digest, batch.claimed) == (expected["id"], expected["digest"], expected["claimed"])
    assert batch.traces == expected.get("traces")
    assert raw_events(batch) == json_of(vector["events"])


@pytest.mark.parametrize("vector", vectors("enriched-batch", "step-request"))
def test_enriched_batches_are_read_and_written(vector: Any) -> None:
    payload = bytes_of(vector["bytes"])
    batch = read_enriched_batch(decoded(payload))
    expected = json_of(vector["json"])
    assert (batch.claimed, batch.enriched) == (expected["claimed"], expected["enriched"])
    if "events" in vector:
        assert records(batch) == json_of(vector["events"])
    assert decoded(write_enriched_batch(batch)) == {**decoded(payload), "v": 2}
    if vector["format"] == 2:
        assert in_order(write_enriched_batch(batch)) == in_order(payload)
        assert (write_enriched_batch(batch) == payload) == (vector["case"] == "compact")


@pytest.mark.parametrize("vector", vectors("reply"))
def test_replies_are_read_and_written(vector: Any) -> None:
    payload, expected = bytes_of(vector["bytes"]), json_of(vector["json"])
    content: Mapping[str, Any]
    if "receipt" in expected:
        content = receipt_message(read_receipt(payload))
    else:
        with pytest.raises(Failure) as raised:
            read_receipt(payload)
        content = failure_message(raised.value)
    version = {} if vector["format"] == 1 else {"v": 2}
    formats = {"formats": expected["formats"]} if "formats" in expected else {}
    written = pack({**version, **content, **formats})
    assert unpack(written) == expected
    assert in_order(written) == in_order(payload)
    if vector["case"] == "compact":
        assert written == payload


INVALID = [
    one for one in INDEX["invalid"] if one["message"] in ("raw-batch", "enriched-batch", "step-request", "reply")
]


@pytest.mark.parametrize("vector", [pytest.param(one, id=f"{one['message']}/{one['case']}") for one in INVALID])
def test_invalid_messages_are_refused(vector: Any) -> None:
    payload = bytes_of(vector["bytes"])
    with pytest.raises(Failure) as raised:
        if vector["message"] == "reply":
            read_receipt(payload)
        elif vector["message"] == "raw-batch":
            read_raw_batch(decoded(payload))
        else:
            read_enriched_batch(decoded(payload))
    assert raised.value.reason == vector["failure"]
    assert isinstance(raised.value, UnknownFormat) == (
        vector["case"] == "newer-format" and vector["message"] != "reply"
    )


def test_a_newer_format_is_answered_with_the_formats_that_are_read() -> None:
    answer = failure_message(UnknownFormat(3))
    assert answer["formats"] == [1, 2]
    assert answer["failure"]["reason"] == "unreadable"


RECEIPTS = json_of(INDEX["receipts"])


@pytest.mark.parametrize("vector", [pytest.param(one, id=one["about"]) for one in RECEIPTS["receipts"]])
def test_receipts_account_for_their_batch(vector: Any) -> None:
    request, receipt = RECEIPTS["request"], vector["receipt"]
    fields = [receipt[name] for name in ("id", "digest", "stored", "placements", "rejected")]
    accounts = Receipt(*fields).accounts_for(request["id"], request["digest"], request["indices"])
    assert accounts == vector["isValid"]


def test_integers_that_older_versions_wrote_as_floats_are_read() -> None:
    message = decoded(bytes_of("raw-batch.1/one-event.msgpack"))
    floats = {**message, "claimed": float(message["claimed"]), "numbers": [float(one) for one in message["numbers"]]}
    assert read_raw_batch(decoded(pack(floats))) == read_raw_batch(message)
