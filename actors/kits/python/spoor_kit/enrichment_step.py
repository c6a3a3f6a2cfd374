"""
Enrichment steps: a function of yours adds parameters to events, in the middle of the enricher's work.

    from spoor_kit import Event, run, step

    @step("score")
    def score(event: Event) -> dict[str, str]:
        return {"score": str(len(event.params))}

    if __name__ == "__main__":
        run(score)

It serves the subject `spoor.step.score`; `ENRICH_STEPS=score` makes Spoor's enricher ask it. Functions that are not
`async` run in threads, so that a slow one delays neither the answers of others nor the heartbeats of the connection.
"""

from __future__ import annotations

import asyncio
import inspect
import queue
import re
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from .actor import Actor, Endpoint, Handle, Request
from .event import Event
from .failure import Failure
from .logs import log
from .process import Context
from .wire import cut, read_enriched_batch

if TYPE_CHECKING:
    from .messages import StepResult, StepResultAdded, StepResultFailed

MAX_PARAMS_BYTES = 8 * 1024
"""Parameters that one event may get, bytes of names and values."""

STUCK_AFTER_S = 30.0
"""How long after its deadline a function may run before the process is not live."""

Params = Mapping[str, object]
"""Names and values; a value is a text, a number or a bool."""

Scorer = Callable[[Event], Params | None | Awaitable[Params | None]]


class StepFailed(Exception):
    """
    Raise it for an event that cannot be scored: the event is reported as `failed`, with this message, and the others of
    its batch are not affected. Any other exception does the same and is logged with its traceback, except `Failure`, which
    fails the whole request.
    """


def step(name: str, *, summary: str = "", concurrency: int = 4, waiting: int = 16) -> Callable[[Scorer], Actor]:
    """
    Makes an actor from a function of one event, which returns the parameters to add, or None or an empty mapping for
    none. Their names are the step's own, or begin with it and `_`. Up to `concurrency` batches are worked on at once and
    `waiting` more wait; one more is refused as `busy`.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name):
        raise Failure("misconfigured", f"{name!r} is not a name of a step: use lower-case letters, digits and _.")

    def make(function: Scorer) -> Actor:
        workers = _Workers(concurrency)
        subject = f"spoor.step.{name}"
        schemas = ("/contracts/step-request.2.json", "/contracts/step-reply.2.json")

        async def build(context: Context) -> Handle:
            async def handle(request: Request) -> Mapping[str, Any]:
                return await _answer(name, function, workers, request)

            return handle

        return Actor(
            name=name,
            summary=summary
            or (function.__doc__ or "").strip().split("\n")[0]
            or f"Adds parameters to events ({name}).",
            receives=f"requests on {subject} (group step-{name})",
            sends="parameters to add, to the enricher",
            endpoints=[Endpoint("messages", subject, f"step-{name}", "2", *schemas)],
            build=build,
            concurrency=concurrency,
            waiting=waiting,
            is_stuck=workers.is_stuck,
        )

    return make


async def _answer(name: str, function: Scorer, workers: _Workers, request: Request) -> Mapping[str, Any]:
    batch = read_enriched_batch(request.message)
    events = [Event(record) for record in batch.events]
    added: list[StepResultAdded] = []
    failed: list[StepResultFailed] = []
    is_logged = False

    def add(event: Event, found: object) -> None:
        params = _checked(name, found)
        if params:
            added.append({"index": event.index, "params": params})

    def fail(event: Event, error: Exception) -> None:
        nonlocal is_logged
        if isinstance(error, StepFailed):
            failed.append({"index": event.index, "message": cut(str(error))})
            return
        # One traceback a batch: the same bug often meets many of its events.
        if not is_logged:
            is_logged = True
            log.error("the step failed on an event; others of its batch may have failed too", exc_info=error)
        failed.append({"index": event.index, "message": cut(f"{type(error).__name__}: {error}")})

    def add_all() -> None:
        for event in events:
            _check_time(request.deadline)
            try:
                add(event, function(event))
            except Failure:
                raise
            except Exception as error:
                fail(event, error)

    if inspect.iscoroutinefunction(function):
        for event in events:
            _check_time(request.deadline)
            try:
                add(event, await function(event))
            except Failure:
                raise
            except Exception as error:
                fail(event, error)
    else:
        await workers.run(add_all, request.deadline)
    result: StepResult = {"id": batch.id, "digest": batch.digest, "added": added, "failed": failed}
    return {"step": result}


def _check_time(deadline: float) -> None:
    """The requester has given up: the rest of the batch is work for nobody."""
    if time.monotonic() >= deadline:
        raise Failure("expired", "the deadline passed before all events were scored")


def _checked(step_name: str, found: object) -> dict[str, str]:
    """
    The parameters as texts. Raises TypeError or ValueError for values that cannot be added to this event, and `Failure`
    "unavailable" for a foreign name: that is a mistake of the step, which every event would meet.
    """
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise TypeError(f"a step returns a mapping of parameters or None, not {type(found).__name__}")
    params: dict[str, str] = {}
    for name, value in found.items():
        if not isinstance(name, str) or not (name == step_name or name.startswith(f"{step_name}_")):
            raise Failure(
                "unavailable",
                f"the step {step_name} added the parameter {name!r}: "
                f"it may add {step_name} and names that begin with {step_name}_",
            )
        if not isinstance(value, (str, int, float)):
            raise TypeError(f"the value of the parameter {name!r} is a text or a number, not {type(value).__name__}")
        params[name] = (
            value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
        )
    size = sum(len(name.encode()) + len(value.encode()) for name, value in params.items())
    if size > MAX_PARAMS_BYTES:
        raise ValueError(f"the parameters of one event have {size} bytes; {MAX_PARAMS_BYTES} are allowed")
    return params


class _Workers:
    """
    Threads that run the functions, started when first needed; they never keep the process from ending. `is_stuck` is
    true when a function has run for long after its deadline: nothing but the end of the process stops it.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._threads: list[threading.Thread] = []
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._deadlines: dict[object, float] = {}

    def is_stuck(self) -> bool:
        return any(time.monotonic() > deadline + STUCK_AFTER_S for deadline in list(self._deadlines.values()))

    async def run(self, work: Callable[[], None], deadline: float) -> None:
        """Waits for the work in a thread; raises as it does."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def settle(error: BaseException | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

        def job() -> None:
            error: BaseException | None = None
            self._deadlines[job] = deadline
            try:
                work()
            except BaseException as raised:  # SystemExit too: a function must not end a thread without an answer
                error = raised if isinstance(raised, Exception) else RuntimeError(f"the function raised {raised!r}")
            finally:
                del self._deadlines[job]
            try:
                loop.call_soon_threadsafe(settle, error)
            except RuntimeError:
                log.debug("A function returned after the process had stopped.")

        if len(self._threads) < self._count:
            self._threads.append(threading.Thread(target=self._work, daemon=True))
            self._threads[-1].start()
        self._jobs.put(job)
        await done

    def _work(self) -> None:
        while True:
            self._jobs.get()()
