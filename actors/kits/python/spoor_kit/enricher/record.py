"""
The record of an event: `event meta params`, in the dialect of its line (contracts/wire/record.ts). Pure; called for each
event. Texts are ByteStrings: one character per byte.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from urllib.parse import quote_from_bytes, unquote_to_bytes

from ..batch import RawEvent, Record
from .address import ip_decimal, ip_hex
from .device import Device, device_of
from .places import Locate, Place


def enriched(event: RawEvent, now: int, locate: Locate, key_param: str | None) -> Record:
    """The record; its lag ends at `now`, milliseconds since 1970, so that a retry gives the same bytes."""
    device, place = device_of(event.user_agent), locate(event.ip)
    is_adtekio = event.dialect == "adtekio"
    value = (adtekio_record if is_adtekio else pushtech_record)(event, device, place, now)
    key = param_value(event.query, key_param) if key_param is not None else None
    received = event.ts * 1000 if is_adtekio else event.ts
    return Record(event.index, event.topic, key or None, value.encode("latin-1"), received)


def pushtech_record(event: RawEvent, device: Device, place: Place, now: int) -> str:
    """All keys, in this order; an unknown value is empty."""
    return (
        f"{event_type(event.path)} {_device_meta(device)}&host={_encoded(event.host)}&pod={_encoded(event.pod)}"
        f"&ts={event.ts}&ip={_ip_hex(event.ip)}&klag={now - event.ts}&{_place_meta(place)} {event.query}"
    )


def adtekio_record(event: RawEvent, device: Device, place: Place, now: int) -> str:
    """All keys in alphabetical order; a key without a value has no `=`, except `platform`. `klag` is in seconds."""
    kind = "" if device.type in ("Bot", "Unknown") else device.type.lower()
    country = "" if place.country == "XX" else place.country
    pairs = (
        _pair("bot_name", device.bot_name),
        _pair("country", country.encode().decode("latin-1")),
        _pair("device", kind),
        _pair("device_name", device.model),
        _pair("ip", _ip_decimal(event.ip)),
        f"klag={now // 1000 - event.ts}",
        f"platform={_encoded(device.os.lower())}",
        f"ts={event.ts}",
    )
    return f"{event.path} {'&'.join(pairs)} {event.query}"


def event_type(path: str) -> str:
    """The last segment that is not empty; `/` for the root path."""
    return path.rstrip("/").rpartition("/")[2] or "/"


def param_value(query: str, name: str) -> str | None:
    """The value of the first parameter with that name, decoded as a form's; None when it is absent."""
    if query in ("e", "p"):
        return None
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if pair != "" and _decoded(key) == name:
            return _decoded(value)
    return None


def _decoded(value: str) -> str:
    """A `%` without two hex digits stays, and invalid UTF-8 becomes U+FFFD."""
    return unquote_to_bytes(value.replace("+", " ").encode("latin-1")).decode("utf-8", "replace")


def _quoted(value: str) -> str:
    return quote_from_bytes(value.encode("latin-1"), safe="")


# Hosts, pods, browsers, addresses: few values for many events.
_encoded: Callable[[str], str] = lru_cache(maxsize=50_000)(_quoted)
_ip_hex: Callable[[str], str] = lru_cache(maxsize=50_000)(ip_hex)
_ip_decimal: Callable[[str], str] = lru_cache(maxsize=50_000)(ip_decimal)


@lru_cache(maxsize=50_000)
def _device_meta(device: Device) -> str:
    browser, engine, version, system = map(_quoted, (device.browser, device.engine, device.version, device.os))
    return f"type={device.type}&browser={browser}&engine={engine}&version={version}&os={system}"


@lru_cache(maxsize=50_000)
def _place_meta(place: Place) -> str:
    country, city = (_quoted(text.encode().decode("latin-1")) for text in place)
    return f"country={country}&city={city}"


def _pair(key: str, value: str) -> str:
    return key if value == "" else f"{key}={_encoded(value)}"
