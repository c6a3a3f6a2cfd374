"""Settings that cannot work end the start: one sentence, exit code 78."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from spoor_kit.settings import duration_of, read_settings, value_of

ENRICHER = [sys.executable, "-m", "spoor_kit.enricher"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"NATS_URL": ""}, r"NATS_URL is not set"),
        ({"NATS_URL": "http://x"}, r"NATS_URL: server 1 of 1 does not begin with nats://"),
        ({"NATS_URL": "nats://user:p%ss@a:1/x"}, r"NATS_URL: server 1 of 1 is not an address"),
        ({"NATS_URL": "nats://a:b@x,nats://c:d@y"}, r"NATS_URL names different logins"),
        ({"OPS_PORT": "ten"}, r"OPS_PORT: 'ten' is not a port"),
        ({"DRAIN_TIMEOUT": "soon"}, r"DRAIN_TIMEOUT: 'soon' is not a duration"),
        ({"LOG_LEVEL": "loud"}, r"LOG_LEVEL: write Trace"),
        ({"NATS_CA": "/x.pem"}, r"NATS_CA, NATS_CERT and NATS_KEY need TLS"),
        ({"NATS_URL": "tls://x", "NATS_CA": "/x.pem"}, r"NATS_CA, NATS_CERT or NATS_KEY cannot be used"),
        ({"NATS_URL": "tls://x", "NATS_KEY": "/x.pem"}, r"NATS_CERT and NATS_KEY belong together"),
        ({"NATS_CREDS": "/x.creds"}, r"NATS_CREDS: /x\.creds cannot be read"),
        ({"NATS_INBOX_PREFIX": "a.>"}, r"NATS_INBOX_PREFIX is not a subject"),
        ({"BUS_SECRET_FILE": "/no/file"}, r"BUS_SECRET_FILE: /no/file cannot be read"),
        ({"GEOIP_DB": "/no/file"}, r"GEOIP_DB cannot be read"),
    ],
)
def test_settings_that_cannot_work_end_the_start_with_one_sentence(settings: dict[str, str], sentence: str) -> None:
    environ = {**os.environ, "NATS_URL": "nats://127.0.0.1:1", "OPS_PORT": "0", "LOG_LEVEL": "error", **settings}
    ended = subprocess.run(ENRICHER, env=environ, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 78
    assert re.match(sentence, ended.stderr) and ended.stderr.count("\n") == 1
    assert "p%ss" not in ended.stderr


def test_durations_are_written_as_for_other_actors() -> None:
    texts = ["500ms", "50 millis", "10s", "1.5 minutes", "1h 30m", "250", "2d"]
    assert [duration_of({"D": text}, "D", 1, 0.001) for text in texts] == [0.5, 0.05, 10, 90, 5400, 0.25, 172_800]
    assert duration_of({}, "D", 1, 1) == 1


def test_a_value_may_stand_in_a_file(tmp_path: object) -> None:
    path = os.path.join(str(tmp_path), "secret")
    with open(path, "w", encoding="utf-8") as file:
        file.write("s3cret\n")
    assert value_of({"BUS_SECRET_FILE": path}, "BUS_SECRET") == "s3cret"
    assert value_of({"BUS_SECRET_FILE": path, "BUS_SECRET": "x"}, "BUS_SECRET") == "x"


def test_the_login_is_taken_from_the_url() -> None:
    login = read_settings({"NATS_URL": "nats://us%40er:p%3Ass@a:4223, b"}).login
    assert (login.servers, login.user, login.password) == (["nats://a:4223", "nats://b:4222"], "us@er", "p:ss")
    assert read_settings({"NATS_URL": "nats://t0ken@a"}).login.token == "t0ken"
    assert "p:ss" not in login.address
