"""An event as a step's function gets it: a finished record, whose parts are read when they are used."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
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
        return _text(segments[-1]) if segments else "/"

    @cached_property
    def meta(self) -> Mapping[str, str]:
        """What enrichment added, decoded: `type`, `browser`, `os`, `country`, `city`, … (contracts/README.md)."""
        return dict([_meta_pair(pair, False) for pair in self._parts[1].split("&")])

    @cached_property
    def _queries(self) -> list[str]:
        """The pairs of the query as written; `e` and `p` alone stand for an empty query."""
        query = self._parts[2]
        return [] if query in ("e", "p") else [pair for pair in query.split("&") if pair]

    @cached_property
    def params(self) -> list[tuple[str, str]]:
        """The parameters that the client sent, decoded, in order; a name may be repeated."""
        return [_pair(pair, True) for pair in self._queries]

    def param(self, name: str, default: str = "") -> str:
        """The value of the first parameter with that name."""
        for pair in self._queries:
            key, _, value = pair.partition("=")
            if key == name or (not _is_plain(key) and _text(key, True) == name):
                return _text(value, True)
        return default


def _is_plain(raw: str) -> bool:
    return raw.isascii() and "%" not in raw and "+" not in raw


def _text(raw: str, is_form: bool = False) -> str:
    """Decoded; `+` is a space in a form. The raw part has one character per byte; what is not UTF-8 becomes U+FFFD."""
    if _is_plain(raw):
        return raw
    text = raw if raw.isascii() else raw.encode("latin-1").decode("utf-8", "replace")
    return (unquote_plus if is_form else unquote)(text, errors="replace")


def _pair(pair: str, is_form: bool) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return _text(name, is_form), _text(value, is_form)


# The meta parts of events repeat most of their pairs; those of queries differ.
_meta_pair = lru_cache(maxsize=10_000)(_pair)
