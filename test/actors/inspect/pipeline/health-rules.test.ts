/** What the watch says of stages that flow, have nothing to do or stand still. */
import { expect } from "bun:test"
import { Effect } from "effect"
import { full, go, nothingYet, play, playFlow, playQueue, stage, told, watchOver } from "./playing.ts"
import { after, check, sharedBus } from "./time.ts"

check(
  "with nothing to do everything is idle, and says so",
  Effect.gen(function* () {
    const bus = sharedBus()
    yield* playFlow(bus)
    const view = yield* watchOver(bus, [playQueue(Effect.succeed(nothingYet))])
    const seen = yield* after(view, 3)
    expect(seen.stages.map(({ name }) => name)).toEqual([
      "gateway",
      "queue",
      "drainer",
      "enricher",
      "bridge",
      "log",
      "event-counter"
    ])
    expect(seen).toMatchObject({ condition: "idle", sentence: "There is nothing to do.", troubles: [] })
    expect(told(seen, "enricher")).toBe("idle: Nothing came since it started.")
    expect(told(seen, "queue")).toBe("idle: No line waits.")
    expect(seen.instances.find(({ name }) => name === "bridge")).toMatchObject({
      summary: "Plays the bridge.",
      host: "here",
      version: "1.2.3",
      silentFor: 0
    })
  })
)

check(
  "what flows has rates, of the last seconds and of all instances together",
  Effect.gen(function* () {
    const bus = sharedBus()
    const { enricher } = yield* playFlow(bus)
    const other = yield* play(bus, "enricher", { underWay: 2, capacity: 80 })
    const view = yield* watchOver(bus)
    const seen = yield* after(view, 6, () => {
      go(enricher, "succeeded", 1_000)
      go(other, "succeeded", 500)
      go(other, "refused", 50)
    })
    const { rate, failedRate, took, events, failed, instances, underWay, capacity } = stage(seen, "enricher")
    expect(rate).toBeWithin(1_400, 1_700)
    expect(failedRate).toBeWithin(40, 60)
    expect({ took, events, failed, instances, underWay, capacity }).toEqual({
      took: 3,
      events: 9_300,
      failed: 300,
      instances: 2,
      underWay: 2,
      capacity: 80
    })
    expect(told(seen, "enricher")).toBe("flows")
    expect(seen).toMatchObject({ condition: "flows", sentence: "Everything flows." })
    other.figures = { ...other.figures, underWay: 0 }
    expect(told(yield* after(view, 7), "enricher")).toStartWith("idle")
  })
)

check(
  "lines that nobody claims stand still; that they wait for a moment is nothing",
  Effect.gen(function* () {
    const bus = sharedBus()
    yield* playFlow(bus)
    let ledger = nothingYet
    const view = yield* watchOver(bus, [playQueue(Effect.sync(() => ledger))])
    yield* after(view, 20)
    ledger = full
    expect(told(yield* after(view, 2), "queue")).toBe("flows")
    const seen = yield* after(view, 10)
    expect(told(seen, "queue")).toMatch(
      /^stands still: 1,200 lines wait and nothing was claimed for 1[012] s\.$/
    )
    expect(told(seen, "drainer")).toStartWith("stands still: It claims nothing: 1,200 lines wait")
    expect(seen.condition).toBe("stands still")
    expect(seen.sentence).toStartWith("The queue stands still: 1,200 lines wait")
    const flowing = yield* after(view, 3, (second) => {
      ledger = { ...full, taken: 100 * (second + 1) }
    })
    expect(told(flowing, "queue")).toBe("flows")
    expect(stage(flowing, "queue").rate).toBeWithin(60, 110)
  })
)

check(
  "lines in flight that are not let go stand still",
  Effect.gen(function* () {
    const bus = sharedBus()
    yield* playFlow(bus)
    const view = yield* watchOver(bus, [playQueue(Effect.succeed({ ...nothingYet, taken: 1, inFlight: 1 }))])
    const seen = yield* after(view, 10)
    expect(told(seen, "queue")).toMatch(/^stands still: 1 line is in flight and none was let go for \d+ s\.$/)
  })
)

check(
  "what only fails stands still, with the reason and the system that is away",
  Effect.gen(function* () {
    const bus = sharedBus()
    const { bridge, drainer } = yield* playFlow(bus)
    const view = yield* watchOver(bus)
    bridge.lastError = "unavailable"
    drainer.lastError = "no-responders"
    bridge.figures = {
      ...bridge.figures,
      seams: { log: "kafka:9092 refuses the connection." },
      systems: { log: { kind: "kafka", embedded: false, address: "kafka:9092" } }
    }
    const seen = yield* after(view, 4, () => {
      go(bridge, "refused", 32)
      go(drainer, "refused", 32)
    })
    expect(told(seen, "bridge")).toBe(
      "stands still: Nothing gets through: a system it needs cannot be reached or refuses. It cannot reach its log."
    )
    expect(told(seen, "drainer")).toBe(
      "stands still: Nothing gets through: nobody is there who would go on with it."
    )
    expect(told(seen, "log")).toBe("down: It cannot be reached.")
    expect(seen.seams).toContainEqual({
      name: "log",
      kind: "Kafka",
      embedded: false,
      address: "kafka:9092",
      ok: false,
      error: "kafka:9092 refuses the connection, says bridge (here 7)"
    })
    expect(seen.sentence).toBe(
      "The log is down: kafka:9092 refuses the connection. Not well either: drainer and bridge."
    )
  })
)

check(
  "messages under way of which none is done stand still",
  Effect.gen(function* () {
    const bus = sharedBus()
    const { enricher } = yield* playFlow(bus)
    const view = yield* watchOver(bus)
    yield* after(view, 3)
    enricher.figures = { ...enricher.figures, underWay: 3, capacity: 80 }
    expect(told(yield* after(view, 2), "enricher")).toBe("flows")
    expect(told(yield* after(view, 10), "enricher")).toMatch(
      /^stands still: 3 messages are under way and none was done for \d+ s\.$/
    )
  })
)

check(
  "a consumer is as far behind as anybody has seen the end of the log, and stands still when it reads nothing",
  Effect.gen(function* () {
    const bus = sharedBus()
    const { counter } = yield* playFlow(bus)
    const viewer = yield* play(bus, "viewer", { behind: [] })
    const place = { topic: "events", partition: 3 }
    const reads = (playing: typeof viewer, end: number, records: number) => {
      playing.figures = { ...playing.figures, behind: [{ ...place, end: String(end), records }] }
      go(playing, "succeeded", 1)
    }
    reads(counter, 100, 0)
    reads(viewer, 100, 0)
    const view = yield* watchOver(bus)
    const quiet = yield* after(view, 10)
    expect([stage(quiet, "event-counter").behind, quiet.condition]).toEqual([0, "idle"])
    reads(viewer, 150, 0)
    const late = yield* after(view, 2)
    expect([stage(late, "event-counter").behind, stage(late, "viewer").behind]).toEqual([50, 0])
    const stuck = yield* after(view, 8)
    expect(told(stuck, "event-counter")).toMatch(
      /^stands still: 50 records lie behind it and none was read for \d+ s\.$/
    )
    expect(stuck.instances.find(({ name }) => name === "event-counter")?.behind).toBe(50)
    reads(counter, 150, 10)
    const reading = yield* after(view, 1)
    expect([stage(reading, "event-counter").behind, told(reading, "event-counter")]).toEqual([10, "flows"])
  })
)
