"""A step for test_process.py: what its function does is a parameter of the event. Runs as a process, until a signal."""

import os
import time

from spoor_kit import Event, run, step


@step("probe", concurrency=1, waiting=1)
def probe(event: Event) -> dict[str, str]:
    """Sleeps, raises or waits for a file, as the event says."""
    time.sleep(float(event.param("sleep") or 0))
    if event.param("raise"):
        raise RuntimeError(event.param("raise"))
    if event.param("exit"):
        raise SystemExit(event.param("exit"))
    while event.param("until") and not os.path.exists(event.param("until")):
        time.sleep(0.01)
    return {event.param("name") or "probe": event.param("n")}


run(probe)
