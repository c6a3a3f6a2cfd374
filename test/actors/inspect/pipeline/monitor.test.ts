/** How the monitor polls: a view waits for no system, and polling runs only while views are requested. */
import { expect } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { makeHealth } from "../../../../actors/runtime/health.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { full, go, healthText, monitorOf, nothingYet, playFlow, playQueue, stage } from "./playing.ts"
import { after, check, sharedBus, viewNow } from "./time.ts"

check(
  "a queue that hangs delays no view: its figures are unknown, and the missing answer is reported",
  Effect.gen(function* () {
    const bus = sharedBus()
    yield* playFlow(bus)
    let hangs = false
    const ledger = Effect.suspend(() =>
      hangs ? Effect.never : Effect.succeed({ ...nothingYet, deadLetters: 7 })
    )
    const view = yield* monitorOf(bus, [playQueue(ledger)])
    expect(stage(yield* after(view, 2), "queue")).toMatchObject({ dead: 7, waiting: 0, rate: 0 })
    hangs = true
    const seen = yield* after(view, 5)
    expect(stage(seen, "queue")).toMatchObject({ dead: null, waiting: null, rate: null, events: null })
    expect(healthText(seen, "queue")).toMatch(/^down: no answer for \d+ s\.$/)
    expect(seen.troubles).toEqual([
      expect.stringMatching(/^The queue cannot be checked: no answer for \d+ s\.$/)
    ])
  })
)

check(
  "of two queues the unreachable one is named, and the other one is still assessed",
  Effect.gen(function* () {
    const bus = sharedBus()
    yield* playFlow(bus)
    const away = Effect.fail(new Failure({ reason: "unavailable", message: "redis-2:6379 refuses" }))
    const view = yield* monitorOf(bus, [playQueue(Effect.succeed(nothingYet)), playQueue(away)])
    const seen = yield* after(view, 3)
    expect(seen.sentence).toStartWith("The queue is stalled: queue 2: redis-2:6379 refuses.")
    expect(healthText(seen, "queue")).toBe("stands still: queue 2: redis-2:6379 refuses.")
    expect(seen.troubles).toEqual(["The queue 2 cannot be checked: redis-2:6379 refuses."])
  })
)

check(
  "it polls only while views are requested, at one rate for any number of readers",
  Effect.gen(function* () {
    const bus = sharedBus()
    let asked = 0
    const ledger = Effect.sync(() => {
      asked += 1
      return nothingYet
    })
    const view = yield* monitorOf(bus, [playQueue(ledger)])
    yield* TestClock.adjust("1 minute")
    expect(asked).toBe(0)
    yield* after(
      Effect.map(Effect.all([view, view, view], { concurrency: "unbounded" }), ([one]) => one),
      5
    )
    expect(asked).toBeWithin(4, 8)
    yield* TestClock.adjust("1 minute")
    const before = asked
    expect(before).toBeWithin(12, 20)
    yield* TestClock.adjust("1 hour")
    expect(asked).toBe(before)
    yield* after(view, 2)
    expect(asked).toBeGreaterThan(before + 1)
  })
)

check(
  "a pause in polling is not reported as a stall",
  Effect.gen(function* () {
    const bus = sharedBus()
    const { enricher } = yield* playFlow(bus)
    let ledger = nothingYet
    const view = yield* monitorOf(bus, [playQueue(Effect.sync(() => ledger))])
    yield* after(view, 3, () => go(enricher, "succeeded", 5))
    yield* TestClock.adjust("1 hour")
    go(enricher, "succeeded", 1_000_000)
    ledger = full
    const seen = yield* viewNow(view)
    expect([healthText(seen, "queue"), stage(seen, "enricher").rate]).toEqual(["flows", null])
  })
)

check(
  "a monitor that polls while idle has rates in its first view after an hour",
  Effect.gen(function* () {
    const bus = sharedBus()
    const { gateway } = yield* playFlow(bus)
    let taken = 0
    const ledger = Effect.sync(() => ({ ...nothingYet, taken }))
    const view = yield* monitorOf(bus, [playQueue(ledger)], { pollsWhileIdle: true })
    const minutes = Effect.repeat(
      Effect.suspend(() => {
        taken += 100
        go(gateway, "succeeded", 50)
        return TestClock.adjust("1 second")
      }),
      { times: 120 }
    )
    yield* minutes
    const first = yield* viewNow(view)
    expect(stage(first, "gateway").rate).toBeWithin(40, 60)
    expect(stage(first, "queue").rate).toBeWithin(80, 120)
    expect(healthText(first, "gateway")).toBe("flows")
    yield* TestClock.adjust("1 hour")
    const quiet = yield* viewNow(view)
    expect([stage(quiet, "gateway").rate, healthText(quiet, "queue")]).toEqual([
      0,
      "idle: The queue is empty."
    ])
  })
)

check(
  "the first view after a single poll has no rates",
  Effect.gen(function* () {
    const bus = sharedBus()
    const { gateway } = yield* playFlow(bus)
    go(gateway, "succeeded", 50)
    const view = yield* monitorOf(bus, [playQueue(Effect.succeed(nothingYet))])
    const first = yield* viewNow(view)
    expect([stage(first, "gateway").rate, stage(first, "gateway").events]).toEqual([null, 50])
    expect([stage(first, "queue").rate, stage(first, "log").rate]).toEqual([null, null])
    expect(stage(yield* after(view, 2), "gateway").rate).toBe(0)
  })
)

check(
  "a system that has not been checked yet is neither ok nor down",
  Effect.gen(function* () {
    const hanging = { kind: "kafka", embedded: false, address: "kafka:9092", check: Effect.never } as const
    const health = makeHealth()
    health.addDependencies([["log", hanging]])
    const view = yield* monitorOf(sharedBus(), [], { health })
    expect((yield* viewNow(view)).seams.find(({ name }) => name === "log")?.ok).toBeNull()
    const later = yield* after(view, 3)
    expect(later.seams.find(({ name }) => name === "log")?.ok).toBe(false)
  })
)
