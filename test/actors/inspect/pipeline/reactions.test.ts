/** The actors of reactions among the stages: after the other consumers, and down when they no longer run. */
import { expect } from "bun:test"
import { Effect } from "effect"
import { go, healthText, monitorOf, play, playFlow, stage } from "./playing.ts"
import { after, check, sharedBus } from "./time.ts"

check(
  "reactor and deliverer come after the other consumers, in this order, and the deliverer is not behind",
  Effect.gen(function* () {
    const bus = sharedBus()
    yield* playFlow(bus)
    const view = yield* monitorOf(bus)
    yield* Effect.scoped(
      Effect.gen(function* () {
        const deliverer = yield* play(bus, "deliverer")
        yield* play(bus, "reactor", { behind: [] })
        yield* play(bus, "timing-stats", { behind: [] })
        const seen = yield* after(view, 3, () => go(deliverer, "succeeded", 2))
        const consumers = seen.stages.filter(({ kind }) => kind === "consumer")
        expect(consumers.map(({ name }) => name)).toEqual([
          "event-counter",
          "timing-stats",
          "reactor",
          "deliverer"
        ])
        expect(stage(seen, "reactor").behind).toBe(0)
        expect(stage(seen, "deliverer")).not.toHaveProperty("behind")
        expect(healthText(seen, "deliverer")).toBe("flows")
      })
    )
    const gone = yield* after(view, 10)
    expect(healthText(gone, "deliverer")).toMatch(/^down: No deliverer runs\. The last one answered/)
  })
)

check(
  "without rules, neither is missed",
  Effect.gen(function* () {
    const bus = sharedBus()
    yield* playFlow(bus)
    const seen = yield* after(yield* monitorOf(bus), 2)
    expect(seen.stages.map(({ name }) => name)).not.toContain("deliverer")
  })
)

check(
  "a deliverer that waits for a target is not stalled; one in which nothing ends for a minute is",
  Effect.gen(function* () {
    const bus = sharedBus()
    yield* playFlow(bus)
    const deliverer = yield* play(bus, "deliverer", { underWay: 3 })
    go(deliverer, "succeeded", 1)
    const view = yield* monitorOf(bus)
    expect(healthText(yield* after(view, 20), "deliverer")).toBe("flows")
    expect(healthText(yield* after(view, 50), "deliverer")).toMatch(
      /^stands still: 3 messages are in flight and none was finished for/
    )
  })
)
