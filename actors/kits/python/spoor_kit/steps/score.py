"""
The step `score`: how engaged the person behind an event is, 0 to 100, and the class `low`, `middle` or `high` as
`score_class`. An example to copy and a useful start: the weights are a table.

    NATS_URL=nats://127.0.0.1:4222 python -m spoor_kit.steps.score
"""

from __future__ import annotations

from spoor_kit import Event, StepFailed, run, step

BY_TYPE = {"purchase": 60, "buy": 60, "checkout": 45, "cart": 35, "signup": 40, "login": 25, "search": 20, "view": 10}
BY_DEVICE = {"desktop": 10, "tablet": 8, "mobile": 5, "tv": 3, "console": 3, "wearable": 2}
LONG_VISIT_S = 60


# One batch at a time: threads do not make a short computation faster.
@step(
    "score",
    concurrency=1,
    waiting=64,
    summary="Adds score (0 to 100) and score_class (low, middle, high) from type, device and parameters.",
)
def score(event: Event) -> dict[str, str] | None:
    device = (event.meta.get("type") or event.meta.get("device", "")).lower()
    if device == "bot" or event.meta.get("bot_name"):
        return None
    try:
        price = float(event.param("price") or 0)
        seconds = float(event.param("seconds") or 0)
    except ValueError as error:
        raise StepFailed(f"price or seconds is not a number: {error}") from None
    points = BY_TYPE.get(event.type, 5) + BY_DEVICE.get(device, 0)
    points += 15 if seconds >= LONG_VISIT_S else 0
    points += 15 if price > 0 else 0
    points = min(points, 100)
    return {"score": str(points), "score_class": "high" if points >= 60 else "middle" if points >= 30 else "low"}


def main() -> None:
    run(score)


if __name__ == "__main__":
    main()
