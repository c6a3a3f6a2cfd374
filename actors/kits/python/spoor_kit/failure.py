"""The one error of requests and of the start, with the reasons of contracts/failure.ts."""

from __future__ import annotations

from typing import Literal, get_args

Reason = Literal[
    "unavailable",
    "no-responders",
    "busy",
    "expired",
    "timeout",
    "no-answer",
    "too-large",
    "unreadable",
    "misconfigured",
    "crashed",
]

REASONS: tuple[Reason, ...] = get_args(Reason)


class Failure(Exception):
    """`message` is a sentence for a person: what is wrong and what to do."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason
        self.message = message

    @property
    def infrastructure(self) -> bool:
        """Whether the batch is not the cause, so that the failure does not count as an attempt at it."""
        return self.reason != "crashed"


class BadReply(Failure):
    """A reply that cannot be used: the failure is the responder's, and its message a clause with what is wrong."""

    def __init__(self, message: str) -> None:
        super().__init__("unreadable", message)


def reason_of(text: object) -> Reason:
    """The reason that a peer names; `crashed` for a text that is none."""
    return next((reason for reason in REASONS if reason == text), "crashed")
