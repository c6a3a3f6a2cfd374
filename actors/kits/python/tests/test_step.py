"""A step's function: what its results and errors become."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest

import spoor_kit.enrichment_step as step_module
from spoor_kit import Actor, Event, Failure, Request, StepFailed, step
from spoor_kit.batch import EnrichedBatch, Record
from spoor_kit.steps.score import score
from spoor_kit.wire import unpack, write_enriched_batch

META = "type=Mobile&browser=Chrome&engine=Blink&version=1&os=Android&host=h&pod=p&ts=1&ip=1&klag=0&country=DE&city=K%C3%B6ln"


def event(text: str, index: int = 0) -> Record:
    return Record(index, "events", None, text.encode(), 1000)


def ask(actor: Actor, *records: Record, seconds: float = 5) -> Mapping[str, Any]:
    """What the actor answers to a request with these records."""
    payload = write_enriched_batch(EnrichedBatch("b1", "0" * 16, 1, 2, records))

    async def answer() -> Mapping[str, Any]:
        handle = await actor.build(None)  # type: ignore[arg-type]  # a step uses nothing of it
        result: Mapping[str, Any] = (await handle(Request(unpack(payload), time.monotonic() + seconds, "")))["step"]
        return result

    return asyncio.run(answer())


def test_an_event_is_read_in_both_dialects() -> None:
    one = Event(event(f"kauf%20en {META} a=1&b=x+y%26&a=2&c"))
    assert (one.type, one.meta["type"], one.meta["city"]) == ("kauf en", "Mobile", "Köln")
    assert one.params == [("a", "1"), ("b", "x y&"), ("a", "2"), ("c", "")]
    assert (one.param("a"), one.param("z", "none")) == ("1", "none")
    other = Event(event("/t/click/ bot_name&country=BR&device=mobile&device_name&ip=1&klag=0&platform=ios&ts=1 p"))
    assert (other.type, other.meta["bot_name"], other.meta["device"], other.params) == ("click", "", "mobile", [])


def test_results_are_parameters_of_events() -> None:
    @step("rank")
    def rank(event: Event) -> dict[str, object] | None:
        if event.param("n") == "0":
            return None
        if event.param("n") == "bad":
            raise StepFailed("no rank for this event")
        return {"rank": int(event.param("n")), "rank_even": int(event.param("n")) % 2 == 0}

    answer = ask(rank, *(event(f"t {META} n={n}", index) for index, n in ((2, 7), (5, 0), (9, "bad"), (70_000, 4))))
    assert answer == {
        "id": "b1",
        "digest": "0" * 16,
        "added": [
            {"index": 2, "params": {"rank": "7", "rank_even": "false"}},
            {"index": 70_000, "params": {"rank": "4", "rank_even": "true"}},
        ],
        "failed": [{"index": 9, "message": "no rank for this event"}],
    }


def test_asynchronous_functions_run_on_the_loop() -> None:
    @step("later")
    async def later(event: Event) -> dict[str, str]:
        await asyncio.sleep(0)
        return {"later": threading.current_thread().name}

    assert ask(later, event(f"t {META} a=1"))["added"][0]["params"] == {"later": "MainThread"}


def test_synchronous_functions_do_not_run_on_the_loop() -> None:
    @step("slow")
    def slow(event: Event) -> dict[str, str]:
        return {"slow": threading.current_thread().name}

    assert ask(slow, event(f"t {META} a=1"))["added"][0]["params"] != {"slow": "MainThread"}


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        ({"odd": object()}, "a text or a number, not object"),
        ({"odd": "x" * 9000}, "9003 bytes"),
        ("text", "not str"),
    ],
)
def test_a_result_that_cannot_be_added_concerns_its_event_only(result: Any, problem: str) -> None:
    @step("odd")
    def odd(event: Event) -> Any:
        return result if event.param("a") == "1" else {"odd": "2"}

    answer = ask(odd, event(f"t {META} a=1"), event(f"t {META} a=2", 1))
    assert [one["index"] for one in answer["added"]] == [1]
    assert [one["index"] for one in answer["failed"]] == [0]
    assert problem in answer["failed"][0]["message"]


def test_a_foreign_name_fails_the_whole_request() -> None:
    @step("odd")
    def odd(event: Event) -> dict[str, str]:
        return {"other": "1"}

    with pytest.raises(Failure, match="names that begin with odd_") as raised:
        ask(odd, event(f"t {META} a=1"))
    assert raised.value.reason == "unavailable"


def test_the_rest_of_a_batch_is_not_scored_after_the_deadline() -> None:
    calls: list[int] = []

    @step("slow")
    def slow(event: Event) -> None:
        calls.append(event.index)
        time.sleep(0.05)

    with pytest.raises(Failure) as raised:
        ask(slow, *(event(f"t {META} a=1", index) for index in range(100)), seconds=0.1)
    assert raised.value.reason == "expired"
    assert 0 < len(calls) < 100


def test_names_of_steps_are_checked() -> None:
    with pytest.raises(Failure, match="'Score-1' is not a name of a step"):
        step("Score-1")


def test_the_score_of_an_event() -> None:
    records = [
        event(f"buy {META} price=9.5&seconds=70", 0),
        event(f"view {META} e", 1),
        event(f"view {META} price=much", 2),
        event("view type=Bot&browser=&engine= e", 3),
        event("/t/view bot_name&country&device=tv&device_name&ip=1&klag=0&platform=tizen&ts=1 p", 4),
        event("/t/view bot_name=Googlebot&country&device&device_name&ip=1&klag=0&platform=&ts=1 p", 5),
    ]
    answer = ask(score, *records)
    assert answer["added"] == [
        {"index": 0, "params": {"score": "95", "score_class": "high"}},
        {"index": 1, "params": {"score": "15", "score_class": "low"}},
        {"index": 4, "params": {"score": "13", "score_class": "low"}},
    ]
    assert [one["index"] for one in answer["failed"]] == [2]


def test_a_function_that_does_not_return_makes_the_process_not_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_module, "STUCK_AFTER_S", 0.1)
    gate = threading.Event()

    @step("hang")
    def hang(event: Event) -> None:
        gate.wait()

    async def test() -> None:
        handle = await hang.build(None)  # type: ignore[arg-type]
        payload = write_enriched_batch(EnrichedBatch("b1", "0" * 16, 1, 2, [event(f"t {META} a=1")]))
        asked = asyncio.ensure_future(handle(Request(unpack(payload), time.monotonic() + 0.1, "")))
        assert not hang.is_stuck()
        while not hang.is_stuck():
            await asyncio.sleep(0.01)
        gate.set()
        await asked
        assert not hang.is_stuck()

    asyncio.run(test())
