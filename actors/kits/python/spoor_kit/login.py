"""How to log in to NATS, and the parser of NATS_URL."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from .failure import Failure


@dataclass(frozen=True)
class Login:
    """How to log in to which servers. `creds` is the path of a credentials file; `tls` makes the context of each connection."""

    servers: list[str]
    user: str | None = None
    password: str | None = None
    token: str | None = None
    creds: str | None = None
    tls: Callable[[], ssl.SSLContext] | None = None
    inbox_prefix: str = "_INBOX.spoor"

    @property
    def address(self) -> str:
        """The servers, without secrets."""
        return ", ".join(server.split("://", 1)[1] for server in self.servers)


def parse_url(text: str) -> Login:
    """NATS_URL: servers separated by commas. Raises `misconfigured` with a sentence that never repeats the text."""
    entries = [entry.strip() for entry in text.split(",")]
    logins: set[tuple[str | None, str | None]] = set()
    servers: list[str] = []
    for place, entry in enumerate(entries):
        url = urlsplit(entry if "://" in entry else f"nats://{entry}")
        where = f"server {place + 1} of {len(entries)}"
        try:
            port = url.port or (443 if url.scheme == "wss" else 80 if url.scheme == "ws" else 4222)
        except ValueError:
            port = -1
        if not url.hostname or port < 1 or url.path not in ("", "/") or url.query or url.fragment:
            raise _misconfigured(f"NATS_URL: {where} is not an address. Write nats://user:password@host:4222.")
        if url.scheme not in ("nats", "tls", "ws", "wss"):
            raise _misconfigured(f"NATS_URL: {where} does not begin with nats://, tls://, ws:// or wss://.")
        host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
        servers.append(f"{url.scheme}://{host}:{port}")
        if url.username:
            logins.add((unquote(url.username), unquote(url.password) if url.password else None))
    if len(logins) > 1:
        raise _misconfigured("NATS_URL names different logins: give all servers the same, or name it once.")
    user, password = logins.pop() if logins else (None, None)
    if user is not None and password is None:
        return Login(servers, token=user)
    return Login(servers, user=user, password=password)


def _misconfigured(message: str) -> Failure:
    return Failure("misconfigured", message)
