"""An event as a step's function gets it: a finished record, whose parts are read when they are used."""

from __future__ import annotations

from functools import cached_property
from typing import Callable, Mapping
from urllib.parse import unquote, unquote_plus

from .batch import Record


class Event:
    """
    `index` is its place in the batch, `topic` its topic, `key` the record's key or None, `received` when the edge received
    it (milliseconds since 1970), `value` the bytes of the record `event meta params`.
    """

    def __init__(self, record: Record) -> None:
        self.index = record.index
        self.topic = record.topic
        self.key = record.key
        self.value = record.value
        self.received = record.received

    @cached_property
    def _parts(self) -> tuple[str, str, str]:
        event, meta, params = (self.value.decode("latin-1").split(" ", 2) + ["", ""])[:3]
        return event, meta, params

    @property
    def type(self) -> str:
        """The event type, decoded: the last segment of the path that is not empty, or `/`."""
        segments = [one for one in self._parts[0].split("/") if one != ""]
        return _text(segments[-1], unquote) if segments else "/"

    @cached_property
    def meta(self) -> Mapping[str, str]:
        """What enrichment added, decoded: `type`, `browser`, `os`, `country`, `city`, … (contracts/README.md)."""
        return dict(_pairs(self._parts[1], unquote))

    @cached_property
    def params(self) -> list[tuple[str, str]]:
        """The parameters that the client sent, decoded, in order; a name may be repeated."""
        query = self._parts[2]
        return [] if query in ("e", "p") else _pairs(query, unquote_plus)

    def param(self, name: str, default: str = "") -> str:
        """The value of the first parameter with that name."""
        return next((value for found, value in self.params if found == name), default)


def _text(raw: str, decode: Callable[..., str]) -> str:
    """The raw part has one character per byte; what is not UTF-8 becomes U+FFFD."""
    text = raw if raw.isascii() else raw.encode("latin-1").decode("utf-8", "replace")
    return decode(text, errors="replace")


def _pairs(query: str, decode: Callable[..., str]) -> list[tuple[str, str]]:
    pairs = (pair.partition("=") for pair in query.split("&") if pair != "")
    return [(_text(name, decode), _text(value, decode)) for name, _, value in pairs]
