/** The health of stages that are flowing, idle or stalled. */
import { expect } from "bun:test"
import { Effect } from "effect"
import { full, go, healthText, monitorOf, nothingYet, play, playFlow, playQueue, stage } from "./playing.ts"
import { after, check, sharedBus } from "./time.ts"

check(
  "without work every stage is idle",
  Effect.gen(function* () {
    const bus = sharedBus()
    yield* playFlow(bus)
    const view = yield* monitorOf(bus, [playQueue(Effect.succeed(nothingYet))])
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
    expect(healthText(seen, "enricher")).toBe("idle: No messages since it started.")
    expect(healthText(seen, "queue")).toBe("idle: The queue is empty.")
    expect(seen.instances.find(({ name }) => name === "bridge")).toMatchObject({
      summary: "Plays the bridge.",
      host: "here",
      version: "1.2.3",
      silentFor: 0
    })
  })
)

check(
  "a flowing stage has rates over the last seconds and all instances",
  Effect.gen(function* () {
    const bus = sharedBus()
    const { enricher } = yield* playFlow(bus)
    const other = yield* play(bus, "enricher", { underWay: 2, capacity: 80 })
    const view = yield* monitorOf(bus)
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
    expect(healthText(seen, "enricher")).toBe("flows")
    expect(seen).toMatchObject({ condition: "flows", sentence: "Everything is flowing." })
    other.figures = { ...other.figures, underWay: 0 }
    expect(healthText(yield* after(view, 7), "enricher")).toStartWith("idle")
  })
)

check(
  "lines that no drainer claims stall the queue; a short wait does not",
  Effect.gen(function* () {
    const bus = sharedBus()
    yield* playFlow(bus)
    let ledger = nothingYet
    const view = yield* monitorOf(bus, [playQueue(Effect.sync(() => ledger))])
    yield* after(view, 20)
    ledger = full
    expect(healthText(yield* after(view, 2), "queue")).toBe("flows")
    const seen = yield* after(view, 10)
    expect(healthText(seen, "queue")).toMatch(
      /^stands still: 1,200 lines wait and nothing was claimed for 1[012] s\.$/
    )
    expect(healthText(seen, "drainer")).toStartWith("stands still: It claims nothing: 1,200 lines wait")
    expect(seen.condition).toBe("stands still")
    expect(seen.sentence).toStartWith("The queue is stalled: 1,200 lines wait")
    const flowing = yield* after(view, 3, (second) => {
      ledger = { ...full, taken: 100 * (second + 1) }
    })
    expect(healthText(flowing, "queue")).toBe("flows")
    expect(stage(flowing, "queue").rate).toBeWithin(60, 110)
  })
)

check(
  "lines in flight that are not settled stall the queue",
  Effect.gen(function* () {
    const bus = sharedBus()
    yield* playFlow(bus)
    const view = yield* monitorOf(bus, [playQueue(Effect.succeed({ ...nothingYet, taken: 1, inFlight: 1 }))])
    const seen = yield* after(view, 10)
    expect(healthText(seen, "queue")).toMatch(
      /^stands still: 1 line is in flight and none was settled for \d+ s\.$/
    )
  })
)

check(
  "a stage that only fails is stalled, with the reason and the unreachable system",
  Effect.gen(function* () {
    const bus = sharedBus()
    const { bridge, drainer } = yield* playFlow(bus)
    const view = yield* monitorOf(bus)
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
    expect(healthText(seen, "bridge")).toBe(
      "stands still: No message succeeds: a system it requires is unreachable or refuses. It cannot reach its log."
    )
    expect(healthText(seen, "drainer")).toBe(
      "stands still: No message succeeds: no instance of the next actor is running."
    )
    expect(healthText(seen, "log")).toBe("down: It cannot be reached.")
    expect(seen.seams).toContainEqual({
      name: "log",
      kind: "Kafka",
      embedded: false,
      address: "kafka:9092",
      ok: false,
      error: "kafka:9092 refuses the connection, reported by bridge (here 7)"
    })
    expect(seen.sentence).toBe(
      "The log is down: kafka:9092 refuses the connection. Also affected: drainer and bridge."
    )
  })
)

check(
  "messages in flight of which none finishes stall the stage",
  Effect.gen(function* () {
    const bus = sharedBus()
    const { enricher } = yield* playFlow(bus)
    const view = yield* monitorOf(bus)
    yield* after(view, 3)
    enricher.figures = { ...enricher.figures, underWay: 3, capacity: 80 }
    expect(healthText(yield* after(view, 2), "enricher")).toBe("flows")
    expect(healthText(yield* after(view, 10), "enricher")).toMatch(
      /^stands still: 3 messages are in flight and none was finished for \d+ s\.$/
    )
  })
)

check(
  "a consumer lags behind the furthest reported end of the log, and is stalled when it reads nothing",
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
    const view = yield* monitorOf(bus)
    const quiet = yield* after(view, 10)
    expect([stage(quiet, "event-counter").behind, quiet.condition]).toEqual([0, "idle"])
    reads(viewer, 150, 0)
    const late = yield* after(view, 2)
    expect([stage(late, "event-counter").behind, stage(late, "viewer").behind]).toEqual([50, 0])
    const stuck = yield* after(view, 8)
    expect(healthText(stuck, "event-counter")).toMatch(
      /^stands still: It is 50 records behind and has read none for \d+ s\.$/
    )
    expect(stuck.instances.find(({ name }) => name === "event-counter")?.behind).toBe(50)
    reads(counter, 150, 10)
    const reading = yield* after(view, 1)
    expect([stage(reading, "event-counter").behind, healthText(reading, "event-counter")]).toEqual([
      10,
      "flows"
    ])
  })
)
