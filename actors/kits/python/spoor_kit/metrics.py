"""
The metrics that every actor has, with the names of actors/runtime/metrics.ts: counted once for each message, and written
in Prometheus' text format. A meter lives as long as the process.
"""

from __future__ import annotations

import os
import platform
import resource
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from .failure import REASONS, Failure

Outcome = Literal["received", "succeeded", "failed", "refused", "rejected"]

BOUNDARIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LAG_HELD_S = 15.0
"""How long the age of the last message counts as the lag after it: as long as scrapes are usually apart."""

Family = tuple[str, str, str, Iterable[tuple[str, float]]]
"""Name, type, help, and the series: labels with their braces, and a value."""


@dataclass
class Meter:
    """The figures of one actor. Times are seconds since 1970."""

    actor: str
    capacity: int
    events: dict[tuple[str, str], int] = field(default_factory=dict)
    messages: int = 0
    busy_seconds: float = 0
    last_error: str = ""
    in_flight: dict[object, float] = field(default_factory=dict)
    last_age: float = 0
    last_at: float | None = None
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDARIES) + 1))

    def __post_init__(self) -> None:
        for outcome in ("received", "succeeded"):
            self.events[outcome, ""] = 0
        for reason in (*REASONS, "interrupted"):
            self.events["failed" if reason == "crashed" else "refused", reason] = 0

    def count(self, outcome: Outcome, events: int, reason: str = "") -> None:
        self.events[outcome, reason] = self.events.get((outcome, reason), 0) + events
        if reason != "" and events > 0:
            self.last_error = reason

    def arrived(self, message: object, events: int, oldest: float) -> None:
        """A message was accepted; `oldest`: when its oldest event was created."""
        self.count("received", events)
        self.in_flight[message] = oldest

    def settled(self, message: object, events: int, began: float, error: BaseException | None) -> None:
        """It ended, with an answer or an error."""
        now = time.time()
        self.last_age, self.last_at = now - self.in_flight.pop(message), now
        self.messages += 1
        self.busy_seconds += now - began
        place = next((i for i, boundary in enumerate(BOUNDARIES) if now - began <= boundary), len(BOUNDARIES))
        self.buckets[place] += 1
        if error is None:
            self.count("succeeded", events)
        elif isinstance(error, Failure):
            self.count("refused" if error.infrastructure else "failed", events, error.reason)
        else:
            self.count("refused", events, "interrupted")

    def totals(self) -> dict[str, int]:
        """Events by outcome."""
        totals = dict.fromkeys(("received", "succeeded", "failed", "refused", "rejected"), 0)
        for (outcome, _), events in self.events.items():
            totals[outcome] += events
        return totals

    def lag(self) -> float:
        """The age of the oldest event in flight, or in a message that ended just now; seconds."""
        now = time.time()
        recent = self.last_age if self.last_at is not None and now - self.last_at < LAG_HELD_S else 0.0
        return max(0.0, recent, *(now - oldest for oldest in self.in_flight.values()))

    def families(self) -> Iterable[Family]:
        own = f'{{actor="{self.actor}"}}'
        yield (
            "spoor_actor_events_total",
            "counter",
            "Events by actor and outcome. failed: this actor failed; refused: an actor or system downstream did, or the mailbox was full.",
            [
                (
                    f'{{actor="{self.actor}",outcome="{outcome}"' + (f',reason="{reason}"' if reason else "") + "}",
                    events,
                )
                for (outcome, reason), events in self.events.items()
            ],
        )
        cumulative = 0
        duration: list[tuple[str, float]] = []
        for boundary, count in zip((*BOUNDARIES, "+Inf"), self.buckets):
            cumulative += count
            duration.append((f'_bucket{{actor="{self.actor}",le="{boundary}"}}', cumulative))
        duration += [(f"_sum{own}", self.busy_seconds), (f"_count{own}", self.messages)]
        yield (
            "spoor_actor_message_duration_seconds",
            "histogram",
            "Duration of one message (a batch of events), from its arrival to its outcome.",
            duration,
        )
        yield (
            "spoor_actor_lag_seconds",
            "gauge",
            "Age of the oldest event in flight, or in the last message handled within 15 seconds; 0 when there is none.",
            [(own, self.lag())],
        )
        yield "spoor_actor_mailbox_size", "gauge", "Messages in flight or waiting.", [(own, len(self.in_flight))]
        yield (
            "spoor_actor_mailbox_capacity",
            "gauge",
            "Maximum number of messages in flight or waiting; more are refused.",
            [(own, self.capacity)],
        )
        # The supervisor restarts the process, so these stay 0; they are here because alerts name them.
        yield "spoor_actor_restarts_total", "counter", "Restarts of the actor after a crash.", [(own, 0)]
        yield (
            "spoor_actor_given_up",
            "gauge",
            "1 when the actor crashed too often and is not restarted; its process then ends.",
            [(own, 0)],
        )
        crash = "spoor_actor_last_crash_timestamp_seconds"
        yield crash, "gauge", "When the actor last crashed.", [(f'{{actor="{self.actor}",cause="none"}}', 0)]


def process_families(version: str, started: float) -> Iterable[Family]:
    """The figures of the process itself."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    build = f'{{version="{version}",runtime="python",runtime_version="{platform.python_version()}"}}'
    yield "spoor_build_info", "gauge", "1, with the version of the kit, the runtime and its version.", [(build, 1)]
    yield (
        "process_cpu_seconds_total",
        "counter",
        "User and system time of the process, seconds.",
        [("", usage.ru_utime + usage.ru_stime)],
    )
    yield "process_start_time_seconds", "gauge", "When the process started, seconds since 1970.", [("", started)]
    for name, text, read in _proc:
        try:
            yield name, "gauge", text, [("", read())]
        except OSError:
            continue


def _resident() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


_proc: tuple[tuple[str, str, Callable[[], float]], ...] = (
    ("process_resident_memory_bytes", "Resident memory of the process, bytes.", _resident),
    ("process_open_fds", "Open file descriptors of the process.", lambda: len(os.listdir("/proc/self/fd")) - 1),
    ("process_max_fds", "Maximum of open file descriptors.", lambda: resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
)


def prometheus(families: Iterable[Family]) -> str:
    """The text format 0.0.4."""
    lines: list[str] = []
    for name, kind, text, series in families:
        lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
        lines += [f"{name}{labels} {value:.17g}" for labels, value in series]
    return "\n".join(lines) + "\n"
