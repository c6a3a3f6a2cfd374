"""
Messages as MessagePack in the formats 1 and 2 (contracts/README.md). The only file that imports msgpack.

A reader raises `Failure` "unreadable" for bytes of another form, and "too-large" for too many; it never raises anything
else. `UnknownFormat` is the failure for a message of a newer format: its answer names the formats that are read here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgpack

from .batch import ByteString, EnrichedBatch, RawBatch, RawEvent, Receipt, Record
from .failure import REASONS, BadReply, Failure

if TYPE_CHECKING:
    from .messages import EventTrace
    from .messages import Receipt as WireReceipt
    from .messages import ReplyV1Failure, ReplyV1Receipt

MAX_MESSAGE_BYTES = 512 * 1024
"""The size limit of an encoded message."""

FORMATS = (1, 2)
"""The formats that are read here."""

STAGES = ("drainer", "enricher", "bridge")
REJECTIONS = (
    "empty",
    "too few fields",
    "no path",
    "time is not a number",
    "not an IP address",
    "too large",
    "refused by the log",
    "not enriched",
    "crashed",
)

MAX_TEXT = 1_000
"""The longest text in a reply, characters, so that the rejection of one event always fits a message."""

_MAX_INTEGER = 2**53 - 1
_DIGEST = re.compile(r"[0-9a-f]{16}")
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")

Message = Mapping[str, Any]


class UnknownFormat(Failure):
    """The message has a newer format than this kit reads."""

    def __init__(self, version: object) -> None:
        super().__init__("unreadable", f"the message has format {version!r}; the formats {list(FORMATS)} are read here")


def pack(message: Message) -> bytes:
    """The message as MessagePack; integers of up to 64 bits."""
    packed: bytes = msgpack.packb(message, use_bin_type=True)
    return packed


def unpack(payload: bytes) -> dict[str, Any]:
    """The map in a message of any format."""
    if len(payload) > 2 * MAX_MESSAGE_BYTES:
        raise Failure(
            "too-large", f"a message of {len(payload)} bytes exceeds the limit of {2 * MAX_MESSAGE_BYTES} bytes"
        )
    try:
        message = msgpack.unpackb(payload, raw=False, strict_map_key=True)
    except Exception as error:  # msgpack has a dozen kinds, and a foreign message may cause any of them
        raise Failure("unreadable", f"the message is not valid MessagePack: {error!r}") from error
    if not isinstance(message, dict):
        raise Failure("unreadable", "the message is not a map")
    return message


def format_of(message: Message) -> int:
    """The format of a message: its field `v`, 1 without it. Raises `UnknownFormat` for a newer one."""
    version = message.get("v", 1)
    if type(version) is not int or version not in FORMATS:
        raise UnknownFormat(version)
    return version


def _wrong(what: str) -> Failure:
    return Failure("unreadable", what)


def _integer(value: object) -> int:
    """Up to 0.3.0, integers of more than 32 bits were floating point."""
    if type(value) is float and value.is_integer():
        return int(value)
    if type(value) is not int:
        raise _wrong(f"{value!r} is not an integer")
    return value


def _counts(value: object, per_event: int, what: str) -> list[int]:
    if not isinstance(value, list) or len(value) % per_event != 0:
        raise _wrong(f"the message is not {what}: its numbers are not {per_event} per event")
    counts = value if all(type(one) is int for one in value) else [_integer(one) for one in value]
    if counts and (min(counts) < 0 or max(counts) > _MAX_INTEGER):
        raise _wrong(f"the message is not {what}: a number is negative, or has more than 53 bits")
    return counts


def _head(message: Message, what: str) -> tuple[str, str, list[str]]:
    batch_id, digest, topics = message.get("id"), message.get("digest"), message.get("topics")
    if not isinstance(batch_id, str) or batch_id == "" or not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise _wrong(f"the message is not {what}: it has no id or no digest")
    if not isinstance(topics, list) or not all(isinstance(one, str) and _TOPIC.fullmatch(one) for one in topics):
        raise _wrong(f"the message is not {what}: its topics are not names of topics")
    return batch_id, digest, topics


def _traces(message: Message) -> list[EventTrace] | None:
    if "traces" not in message:
        return None
    traces: list[EventTrace] = _entries(message["traces"], {"index": int, "traceparent": str}, "the traces of events")
    return traces


def _line(message: Message) -> str:
    """The texts of all events as a ByteString: bytes in format 2, text with one character for each byte in format 1."""
    texts = message.get("texts")
    if isinstance(texts, bytes if format_of(message) == 2 else str):
        try:
            return texts.decode("latin-1") if isinstance(texts, bytes) else texts.encode("latin-1").decode("latin-1")
        except UnicodeError:
            pass
    raise _wrong("the message is not a batch of raw events: its texts are not bytes")


def read_raw_batch(message: Message) -> RawBatch:
    """The batch in a request to an enricher."""
    batch_id, digest, topics = _head(message, "a batch of raw events")
    numbers = _counts(message.get("numbers"), 10, "a batch of raw events")
    line = _line(message)
    events: list[RawEvent] = []
    end = 0
    for at in range(0, len(numbers), 10):
        index, dialect, topic, ts, *lengths = numbers[at : at + 10]
        if topic >= len(topics):
            raise _wrong("the topic of an event is not in the list of topics")
        fields: list[ByteString] = []
        for length in lengths:
            fields.append(ByteString(line[end : end + length]))
            end += length
        events.append(RawEvent(index, "adtekio" if dialect == 1 else "pushtech", topics[topic], ts, *fields))
    if end != len(line):
        raise _wrong("the lengths of texts do not match the numbers of the message")
    return RawBatch(batch_id, digest, _integer(message.get("claimed")), events, _traces(message))


def read_enriched_batch(message: Message) -> EnrichedBatch:
    """The batch of finished records in a request to a bridge or to a step."""
    batch_id, digest, topics = _head(message, "a batch of records")
    numbers = _counts(message.get("numbers"), 5, "a batch of records")
    keys, values = message.get("keys"), message.get("values")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys) or not isinstance(values, bytes):
        raise _wrong("the message is not a batch of records: its keys or values are missing")
    events: list[Record] = []
    end = keyed = 0
    for at in range(0, len(numbers), 5):
        index, topic, received, length, has_key = numbers[at : at + 5]
        if topic >= len(topics):
            raise _wrong("the topic of an event is not in the list of topics")
        if has_key == 1 and keyed == len(keys):
            raise _wrong("the message has fewer keys than its numbers say")
        key = keys[keyed] if has_key == 1 else None
        keyed += 1 if has_key == 1 else 0
        events.append(Record(index, topics[topic], key, values[end : end + length], received))
        end += length
    if end != len(values) or keyed != len(keys):
        raise _wrong("the lengths of values or keys do not match the numbers of the message")
    claimed, enriched = _integer(message.get("claimed")), _integer(message.get("enriched"))
    return EnrichedBatch(batch_id, digest, claimed, enriched, events, _traces(message))


def write_enriched_batch(batch: EnrichedBatch) -> bytes:
    """The batch in format 2. A reader of format 1 reads it too: it ignores the field `v`."""
    topics: dict[str, int] = {}
    numbers: list[int] = []
    for event in batch.events:
        place = topics.setdefault(event.topic, len(topics))
        numbers += (event.index, place, event.received, len(event.value), 0 if event.key is None else 1)
    message: dict[str, Any] = {
        "v": 2,
        "id": batch.id,
        "digest": batch.digest,
        "claimed": batch.claimed,
        "enriched": batch.enriched,
        "topics": list(topics),
        "numbers": numbers,
        "keys": [event.key for event in batch.events if event.key is not None],
        "values": b"".join([event.value for event in batch.events]),
    }
    if batch.traces is not None:
        message["traces"] = batch.traces
    return pack(message)


def cut(text: str) -> str:
    """The text, shortened so that it fits a reply."""
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"


def receipt_message(receipt: Receipt) -> ReplyV1Receipt:
    """The content of a reply that accounts for a batch, without its format."""
    rejected = list(receipt.rejected)
    for at, rejection in enumerate(rejected):
        if "detail" in rejection:
            rejected[at] = {**rejection, "detail": cut(rejection["detail"])}
    own: WireReceipt = {
        "id": receipt.id,
        "digest": receipt.digest,
        "stored": receipt.stored,
        "placements": list(receipt.placements),
        "rejected": rejected,
    }
    return {"receipt": own}


def failure_message(failure: Failure) -> ReplyV1Failure:
    """The content of a reply that reports a failure, without its format."""
    message: ReplyV1Failure = {"failure": {"reason": failure.reason, "message": cut(failure.message)}}
    if isinstance(failure, UnknownFormat):
        message["formats"] = list(FORMATS)
    return message


def read_receipt(payload: bytes) -> Receipt:
    """The receipt in a reply of either format. Raises the failure that the reply reports; `BadReply` for other bytes."""
    try:
        receipt = _receipt_or_failure(payload)
    except Failure as failure:
        raise BadReply(failure.message) from failure
    if isinstance(receipt, Failure):
        raise receipt
    return receipt


def _receipt_or_failure(payload: bytes) -> Receipt | Failure:
    message = unpack(payload)
    format_of(message)
    failure, receipt = message.get("failure"), message.get("receipt")
    if isinstance(failure, dict):
        reason, text = failure.get("reason"), failure.get("message")
        if reason not in REASONS or not isinstance(text, str):
            raise _wrong("the reply is a failure without a known reason or a message")
        return Failure(reason, text)
    if not isinstance(receipt, dict):
        raise _wrong("the reply is not a receipt")
    batch_id, digest, stored = receipt.get("id"), receipt.get("digest"), receipt.get("stored")
    if not isinstance(batch_id, str) or not isinstance(digest, str) or type(stored) is not int:
        raise _wrong("the receipt has no id, no digest or no count")
    place = {"topic": str, "partition": int, "offset": str, "count": int, "at": int}
    placements = _entries(receipt.get("placements"), place, "the placements of the receipt")
    rejection = {"index": int, "topic": str, "stage": str, "reason": str}
    rejected = _entries(receipt.get("rejected"), rejection, "the rejections of the receipt")
    if any(one["stage"] not in STAGES or one["reason"] not in REJECTIONS for one in rejected):
        raise _wrong("a rejection of the receipt has a stage or a reason that does not exist")
    return Receipt(batch_id, digest, stored, placements, rejected)


def _entries(value: object, fields: Mapping[str, type], what: str) -> Any:
    """The list of maps with these fields."""
    if isinstance(value, list) and all(
        isinstance(one, dict) and all(type(one.get(name)) is kind for name, kind in fields.items()) for one in value
    ):
        return value
    raise _wrong(f"{what} are unreadable")
