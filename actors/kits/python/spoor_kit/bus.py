"""
The connection to NATS: made in the background and made again after each loss, for ever, until `close`. The only file
that imports the client library.

The library's own reconnection is off: it keeps what was published meanwhile, and it lets requests in flight wait for
their timeout. Here they fail at once, the login is read again for each connection, and a server that no longer answers
is left within ten seconds.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from nats import errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from .connection_check import ConnectionCheck
from .connection_errors import sentence_of
from .failure import Failure
from .login import Login
from .logs import log
from .wire import MAX_MESSAGE_BYTES

HEADER_BYTES = 1024
"""Bytes of the server's `max_payload` that are left for our headers."""

CHECK_EVERY_S = 5.0
CHECK_TIMEOUT_S = 2.0
SILENCE_S = 5.0  # a server that does not answer a check for so long is left
CONNECT_TIMEOUT_S = 5.0
FIRST_ATTEMPT_S = 1.0  # how long `open` waits for the first attempt

_DENIED = re.compile(r'permissions violation for subscription to "([^" ]+)"', re.IGNORECASE)

MAX_PENDING_BYTES = 8 * 1024 * 1024
"""Published messages are dropped while more than this waits for the server."""


@dataclass(frozen=True)
class Incoming:
    """A request as it was received. `reply` sends the answer, and does nothing when the connection is gone."""

    subject: str
    payload: bytes
    headers: Mapping[str, str]
    reply: Callable[[bytes, Mapping[str, str]], Awaitable[None]]


@dataclass(frozen=True)
class Reply:
    payload: bytes
    headers: Mapping[str, str]


OnRequest = Callable[[Incoming], None]


@dataclass
class _Listener:
    subject: str
    queue: str
    on_request: OnRequest
    required: bool
    subscription: Subscription | None = None


@dataclass
class Bus:
    """
    Lives from `open` to `close`. `outages` counts the losses of the connection; `failures` the failed attempts; `denied`
    has the subjects that NATS does not allow, each with its sentence.
    """

    login: Login
    outages: int = 0
    failures: int = 0
    denied: dict[str, str] = field(default_factory=dict)
    _listeners: list[_Listener] = field(default_factory=list)
    _in_flight: set[asyncio.Future[Msg]] = field(default_factory=set)
    _connection: Client | None = None
    _check: ConnectionCheck | None = None
    _task: asyncio.Task[None] | None = None
    _why: str = "not connected yet"
    _limit: int = MAX_MESSAGE_BYTES

    async def open(self) -> None:
        """Begins to connect; returns after the first attempt or a second, with or without a server."""
        attempted = asyncio.Event()
        self._task = asyncio.create_task(self._keep_connected(attempted))
        try:
            await asyncio.wait_for(attempted.wait(), FIRST_ATTEMPT_S)
        except asyncio.TimeoutError:
            pass

    async def close(self) -> None:
        """Sends what is left and closes the connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def limit(self) -> int:
        """The largest payload that can be sent, bytes; while disconnected, that of the last server."""
        if self._connection is not None and self._connection.max_payload > 0:
            self._limit = min(MAX_MESSAGE_BYTES, self._connection.max_payload - HEADER_BYTES)
        return self._limit

    async def serve(self, subject: str, queue: str, on_request: OnRequest, required: bool = True) -> None:
        """
        Receives the requests on this connection and on all later ones. `on_request` must not wait or raise. `required`:
        the bus is not healthy while the server denies it.
        """
        listener = _Listener(subject, queue, on_request, required)
        self._listeners.append(listener)
        if self._connection is not None:
            await self._subscribe(self._connection, listener)

    async def stop_receiving(self, subject_prefix: str) -> None:
        """Ends the subscriptions below this subject; what the server has sent before is still delivered."""
        ending = [one for one in self._listeners if one.subject.startswith(subject_prefix)]
        self._listeners = [one for one in self._listeners if one not in ending]
        if self._connection is not None:
            drains = [_drained(one.subscription) for one in ending if one.subscription is not None]
            await asyncio.gather(*drains, return_exceptions=True)

    async def request(self, subject: str, payload: bytes, deadline: float, headers: Mapping[str, str]) -> Reply:
        """
        The first reply before `deadline` (of `time.monotonic`). Raises `no-responders`, `too-large`, `unavailable`
        without a connection, `timeout` when it is lost meanwhile, and `no-answer` at the deadline.
        """
        connection = self._connection
        if connection is None:
            raise Failure("unavailable", f"NATS at {self.login.address} is unreachable: {self._why}")
        if len(payload) > self.limit:
            raise Failure("too-large", f"a message of {len(payload)} bytes exceeds the limit of {self.limit} bytes")
        left = deadline - time.monotonic()
        all_headers = {"Spoor-Patience": str(max(1, int(left * 1000))), **headers}
        asked = asyncio.ensure_future(connection.request(subject, payload, left, headers=all_headers))
        self._in_flight.add(asked)
        try:
            message = await asked
        except errors.NoRespondersError:
            raise Failure("no-responders", f"nobody serves {subject}") from None
        except errors.TimeoutError:
            raise Failure("no-answer", f"no reply on {subject} before the deadline") from None
        except errors.MaxPayloadError as error:
            raise Failure("too-large", f"request on {subject}: {error}") from None
        except (errors.Error, OSError) as error:
            raise Failure("timeout", f"request on {subject}: {error}") from error
        except asyncio.CancelledError:
            if asked.cancelled() and self._connection is not connection:
                raise Failure("timeout", f"the connection to NATS was lost before the reply: {self._why}") from None
            raise
        finally:
            self._in_flight.discard(asked)
        return Reply(message.data, message.headers or {})

    async def replies(self, subject: str, seconds: float) -> list[bytes]:
        """All replies to an empty request within this time; none without a connection, or when NATS denies the request."""
        connection = self._connection
        found: list[bytes] = []
        if connection is None:
            return found

        async def keep(message: Msg) -> None:
            found.append(message.data)

        try:
            inbox = connection.new_inbox()
            subscription = await connection.subscribe(inbox, cb=keep)
            await connection.publish(subject, b"", reply=inbox)
            await asyncio.sleep(seconds)
            await subscription.unsubscribe()
        except (errors.Error, OSError) as error:
            log.debug("A request on %s got no replies: %s", subject, error)
        return found

    async def publish(self, subject: str, payload: bytes, headers: Mapping[str, str]) -> bool:
        """Publishes for observers, at most once; returns whether it was sent."""
        connection = self._connection
        if connection is None or len(payload) > self.limit or connection.pending_data_size > MAX_PENDING_BYTES:
            return False
        try:
            await connection.publish(subject, payload, headers=dict(headers))
        except (errors.Error, OSError):
            return False
        return True

    async def check(self) -> None:
        """Raises `unavailable` when the server does not answer, or denies a subscription."""
        if self._connection is None or self._check is None:
            raise Failure("unavailable", f"NATS at {self.login.address} is unreachable: {self._why}")
        try:
            await self._check.answers(CHECK_TIMEOUT_S)
        except (errors.Error, OSError) as error:
            raise Failure("unavailable", f"NATS at {self.login.address} does not answer: {error}") from error
        for listener in self._listeners:
            if listener.required and listener.subject in self.denied:
                raise Failure("unavailable", f"NATS at {self.login.address} denies: {self.denied[listener.subject]}")

    async def _keep_connected(self, attempted: asyncio.Event) -> None:
        is_reported = False
        while True:
            closed = asyncio.Event()
            connection = Client()
            self._check = ConnectionCheck(connection)
            try:
                await asyncio.wait_for(self._dial(connection, closed), CONNECT_TIMEOUT_S)
                log.info("Connected to NATS at %s", self.login.address)
                is_reported = False
                attempted.set()
                await self._watch(connection, self._check, closed)
            except Exception as error:  # whatever it is, the next attempt may succeed
                self._why = sentence_of(error)
            finally:
                was_connected = self._lost(connection)
                await _end(connection)
                self._check.end()
            attempted.set()
            self.failures += 1
            if not is_reported:
                self.outages += 1
                kept = "The connection to NATS at %s was lost: %s" if was_connected else "NATS at %s is unreachable: %s"
                log.warning(kept, self.login.address, self._why)
            is_reported = True
            await asyncio.sleep(0.25 + random.random() / 4)

    async def _dial(self, connection: Client, closed: asyncio.Event) -> None:
        login = self.login

        async def on_closed() -> None:
            closed.set()

        async def on_error(error: Exception) -> None:
            self._why = sentence_of(error)
            found = _DENIED.search(self._why)
            if found is not None:
                self.denied[found.group(1)] = self._why
                log.warning("NATS at %s denies a subscription: %s", login.address, self._why)

        await connection.connect(
            servers=list(login.servers),
            name=login.inbox_prefix,
            inbox_prefix=login.inbox_prefix,
            user=login.user,
            password=login.password,
            token=login.token,
            user_credentials=login.creds,
            tls=None if login.tls is None else login.tls(),
            allow_reconnect=False,
            # Each server twice: the library counts attempts only from 1 on.
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            connect_timeout=int(CONNECT_TIMEOUT_S),
            ping_interval=3600,
            error_cb=on_error,
            closed_cb=on_closed,
        )
        self.denied.clear()
        self._connection = connection
        for listener in list(self._listeners):
            await self._subscribe(connection, listener)

    async def _watch(self, connection: Client, check: ConnectionCheck, closed: asyncio.Event) -> None:
        """Returns when the connection is closed; raises when the server does not answer."""
        while not closed.is_set():
            try:
                await asyncio.wait_for(closed.wait(), CHECK_EVERY_S)
            except asyncio.TimeoutError:
                await check.answers(SILENCE_S)
        error = connection.last_error
        self._why = "the server closed it" if error is None else sentence_of(error)

    def _lost(self, connection: Client) -> bool:
        """Fails the requests in flight; returns whether there was a connection."""
        if self._connection is not connection:
            return False
        self._connection = None
        for asked in list(self._in_flight):
            asked.cancel()
        return True

    async def _subscribe(self, connection: Client, listener: _Listener) -> None:
        async def deliver(message: Msg) -> None:
            if message.reply:
                listener.on_request(_incoming(connection, message))

        listener.subscription = await connection.subscribe(listener.subject, listener.queue, deliver)


def _incoming(connection: Client, message: Msg) -> Incoming:
    async def reply(payload: bytes, headers: Mapping[str, str]) -> None:
        try:
            await connection.publish(message.reply, payload, headers=dict(headers))
        except (errors.Error, OSError) as error:
            log.debug("A reply on %s was not sent: %s", message.subject, error)

    return Incoming(message.subject, message.data, message.headers or {}, reply)


async def _drained(subscription: Subscription) -> None:
    await subscription.drain()  # type: ignore[no-untyped-call]


async def _end(connection: Client) -> None:
    """Sends what is left, for at most two seconds: a server that is gone never acknowledges it."""
    try:
        if connection.is_connected:
            await asyncio.wait_for(connection.flush(3), CHECK_TIMEOUT_S)
        await asyncio.wait_for(connection.close(), CHECK_TIMEOUT_S)
    except Exception as error:
        log.debug("The connection to NATS was not closed in order: %r", error)
