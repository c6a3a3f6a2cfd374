"""
The settings of a process, from the environment, under the names that all actors of Spoor use. `<NAME>_FILE` names a file
that holds the value. A setting that cannot work raises `Failure` "misconfigured" with one sentence.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import logging
import re
import ssl
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .failure import Failure
from .login import Login, parse_url

_LEVELS = {
    "trace": logging.DEBUG,
    "all": logging.DEBUG,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "warning": logging.WARNING,
    "err": logging.ERROR,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "fatal": logging.CRITICAL,
    "none": logging.CRITICAL + 1,
    "off": logging.CRITICAL + 1,
}
_UNITS = {"ms": 0.001, "milli": 0.001, "millis": 0.001, "millisecond": 0.001, "milliseconds": 0.001} | {
    name: seconds
    for seconds, names in (
        (1, "s sec secs second seconds"),
        (60, "m min mins minute minutes"),
        (3600, "h hr hrs hour hours"),
        (86_400, "d day days"),
        (604_800, "w week weeks"),
    )
    for name in names.split()
}


@dataclass(frozen=True)
class Settings:
    """What every process needs. Durations are seconds."""

    login: Login
    bus_secret: bytes | None
    ops_host: str
    ops_port: int
    drain_delay: float
    drain_timeout: float
    log_level: int
    logs_json: bool


def value_of(environ: Mapping[str, str], name: str) -> str | None:
    """The value of a setting; without one that of the file that `<NAME>_FILE` names; None when it is unset or empty."""
    value, path = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "").strip()
    if value or not path:
        return value or None
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip() or None
    except (OSError, UnicodeError) as error:
        raise _wrong(f"{name}_FILE: {path} cannot be read: {error}.") from error


def duration_of(environ: Mapping[str, str], name: str, default: float, bare: float) -> float:
    """Seconds of `500ms`, `10s`, `1h 30m`; the unit of a bare number is `bare` seconds."""
    text = value_of(environ, name)
    if text is None:
        return default
    written = text.lower()
    if re.fullmatch(r"\d+(\.\d+)?", written):
        return float(written) * bare
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([a-z]+)", written)
    if (
        not parts
        or not re.fullmatch(r"(\d+(\.\d+)?\s*[a-z]+[\s,]*)+", written)
        or any(u not in _UNITS for _, u in parts)
    ):
        raise _wrong(f"{name}: {text[:40]!r} is not a duration. Write for example 10s, 500ms or 5m.")
    return sum(float(amount) * _UNITS[unit] for amount, unit in parts)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """All settings, checked."""
    level = (value_of(environ, "LOG_LEVEL") or "info").lower()
    if level not in _LEVELS:
        raise _wrong("LOG_LEVEL: write Trace, Debug, Info, Warn, Error or Fatal.")
    form = (value_of(environ, "LOG_FORMAT") or "auto").lower()
    if form not in ("auto", "json", "pretty"):
        raise _wrong("LOG_FORMAT: write auto, json or pretty.")
    port = value_of(environ, "OPS_PORT") or "9464"
    if not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise _wrong(f"OPS_PORT: {port[:40]!r} is not a port, 0 to 65535.")
    secret = value_of(environ, "BUS_SECRET")
    return Settings(
        login=_login(environ),
        bus_secret=None if secret is None else secret.encode(),
        ops_host=value_of(environ, "OPS_HOST") or "127.0.0.1",
        ops_port=int(port),
        drain_delay=duration_of(environ, "DRAIN_DELAY", 0.5, 0.001),
        drain_timeout=duration_of(environ, "DRAIN_TIMEOUT", 25, 1),
        log_level=_LEVELS[level],
        logs_json=form == "json" or (form == "auto" and not sys.stdout.isatty()),
    )


def _login(environ: Mapping[str, str]) -> Login:
    url = value_of(environ, "NATS_URL")
    if url is None:
        raise _wrong(
            "NATS_URL is not set: this actor receives its work over NATS. Write nats://user:password@host:4222."
        )
    login = parse_url(url)
    prefix = value_of(environ, "NATS_INBOX_PREFIX") or "_INBOX.spoor"
    if not re.fullmatch(r"[^\s.*>]+(\.[^\s.*>]+)*", prefix):
        raise _wrong("NATS_INBOX_PREFIX is not a subject: write names separated by dots, without spaces, * and >.")
    creds = value_of(environ, "NATS_CREDS")
    if creds is not None and (login.user is not None or login.token is not None):
        raise _wrong("NATS_URL and NATS_CREDS each name a login to NATS: keep one of them.")
    if creds is not None:
        _check_creds(creds)
    if any(server.startswith("ws") for server in login.servers) and importlib.util.find_spec("aiohttp") is None:
        raise _wrong("NATS_URL begins with ws: install spoor_kit[websocket], which brings aiohttp.")
    is_tls = any(server.startswith(("tls://", "wss://")) for server in login.servers)
    return dataclasses.replace(login, creds=creds, inbox_prefix=prefix, tls=_tls(environ, is_tls))


def _check_creds(path: str) -> None:
    if importlib.util.find_spec("nkeys") is None:
        raise _wrong("NATS_CREDS needs the package nkeys: install spoor_kit[creds].")
    try:
        with open(path, encoding="utf-8") as file:
            if "-----BEGIN NATS USER JWT-----" in file.read():
                return
    except (OSError, UnicodeError) as error:
        raise _wrong(f"NATS_CREDS: {path} cannot be read: {error}.") from error
    raise _wrong("NATS_CREDS holds no NATS credentials: name a file that begins with -----BEGIN NATS USER JWT-----.")


def _tls(environ: Mapping[str, str], is_tls: bool) -> Callable[[], ssl.SSLContext] | None:
    ca, cert, key = (value_of(environ, name) for name in ("NATS_CA", "NATS_CERT", "NATS_KEY"))
    if not is_tls:
        if ca or cert or key:
            raise _wrong("NATS_CA, NATS_CERT and NATS_KEY need TLS: begin the servers in NATS_URL with tls://.")
        return None

    if (cert is None) != (key is None):
        raise _wrong("NATS_CERT and NATS_KEY belong together: set both or none.")

    def context() -> ssl.SSLContext:
        made = ssl.create_default_context(cafile=ca)
        if cert is not None:
            made.load_cert_chain(cert, key)
        return made

    try:
        context()
    except (OSError, ssl.SSLError) as error:
        raise _wrong(
            f"NATS_CA, NATS_CERT or NATS_KEY cannot be used: {error}. Each is the path of a PEM file."
        ) from error
    return context


def _wrong(message: str) -> Failure:
    return Failure("misconfigured", message)
