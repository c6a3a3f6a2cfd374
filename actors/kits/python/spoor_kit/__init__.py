"""Actors of Spoor in Python: see README.md, `step` and `run`."""

__version__ = "0.6.0"

from .actor import Actor, Endpoint, Request
from .event import Event
from .failure import Failure
from .process import Context, run
from .enrichment_step import StepFailed, step

__all__ = ["Actor", "Context", "Endpoint", "Event", "Failure", "Request", "StepFailed", "run", "step"]
