/** Event timelines from real queues and a real log, wherever the event is, and never with a negative time. */
import { describe, expect, test } from "bun:test"
import { Effect, type Scope } from "effect"
import { recordsOf } from "../../../../actors/bridge/records.ts"
import { type Mask, noMask, readMask } from "../../../../actors/inspect/events/mask.ts"
import { locateEvent } from "../../../../actors/inspect/locate-event.ts"
import { consumerProgressCache } from "../../../../actors/viewer/history/consumer-progress.ts"
import { eventTimeline, withDurations } from "../../../../actors/viewer/history/event-timeline.ts"
import type { EventLog } from "../../../../bridge/event-log/service.ts"
import { type BatchId, emptyDigest, eventId, newBatchId, Topic } from "../../../../contracts/ids.ts"
import { bury, claimAll, type OpenOwn, onOwnQueues } from "../../inspect/queues.ts"
import { openLog } from "../requests.ts"

const events = Topic.make("events")
const topics = { standard: events, allowed: new Set<string>(["clicks"]), all: [events, Topic.make("clicks")] }

const record =
  "app_open type=Mobile&browser=&engine=&version=&os=&host=h&pod=p&ts=1000&ip=cb007109&klag=1&country=DE&city=XX email=a%40b.de"
const line = "203.0.113.9 1000 host pod /t/app_open email=a%40b.de curl/8"

const store = (
  log: EventLog["Service"],
  id: BatchId,
  times: { claimed: number; enriched: number; sent: number }
) =>
  log.append(
    recordsOf(
      {
        id,
        digest: emptyDigest,
        claimed: times.claimed,
        enriched: times.enriched,
        events: [{ index: 0, topic: events, value: new TextEncoder().encode(record), received: 1_000 }]
      },
      times.sent
    ),
    id
  )

const suite = (open: OpenOwn): void => {
  const check = <A>(what: string, body: Effect.Effect<A, unknown, Scope.Scope>): void =>
    test(what, () => Effect.runPromise(Effect.asVoid(Effect.scoped(body))))

  /** A queue, a log, a progress cache, and the timeline of an event in them. */
  const places = Effect.gen(function* () {
    const queue = yield* open
    const log = yield* openLog
    const progress = consumerProgressCache()
    const timeline = (id: string, mask: Mask = noMask) =>
      Effect.map(locateEvent(id, { sources: [queue.source], scan: log.scan, topics }), (found) =>
        eventTimeline(found, { consumers: ["event-counter", "timing-stats"], progress, mask })
      )
    return { queue, log, progress, timeline }
  })

  check(
    "stored: each stage with the time since the previous one, then each consumer",
    Effect.gen(function* () {
      const { log, progress, timeline } = yield* places
      const id = newBatchId()
      yield* store(log, id, { claimed: 1_250, enriched: 1_260, sent: 1_275 })
      const before = yield* timeline(eventId(id, 0))
      expect(before.steps.slice(6)).toEqual([
        {
          stage: "event-counter",
          what: "not known: no progress reported to this viewer",
          at: undefined,
          after: undefined
        },
        {
          stage: "timing-stats",
          what: "not known: no progress reported to this viewer",
          at: undefined,
          after: undefined
        }
      ])
      const logged = before.records[0]?.timestamp ?? 0
      const report = (by: string, first: number, next: number, at: number): void =>
        progress.add({ by, topic: events, partition: 0, first: `${first}`, next: `${next}`, count: 1, at })
      report("timing-stats", 0, 1, logged + 9)
      report("viewer", 0, 1, logged + 5)
      report("other", 1, 2, logged + 7)
      const after = yield* timeline(eventId(id, 0))
      expect(after).toMatchObject({ state: "stored", wholeWay: logged - 1_000, troubles: [] })
      expect(after.line).toBeUndefined()
      expect(after.records).toMatchObject([{ type: "app_open", params: [["email", "a@b.de"]] }])
      expect(after.steps.map(({ stage, at, after }) => [stage, at, after])).toEqual([
        ["gateway", 1_000, undefined],
        ["queue", 1_250, 250],
        ["drainer", 1_250, 0],
        ["enricher", 1_260, 10],
        ["bridge", 1_275, 15],
        ["log", logged, logged - 1_275],
        ["viewer", logged + 5, 5],
        ["timing-stats", logged + 9, 4],
        ["event-counter", undefined, undefined],
        ["other", undefined, undefined]
      ])
      expect(after.steps.at(-1)?.what).toBe("processed; the time is no longer known")
      expect(after.steps[5]?.what).toBe("stored: topic events, partition 0, offset 0")
    })
  )

  check(
    "stored twice: the second record is a step at its time",
    Effect.gen(function* () {
      const { log, timeline } = yield* places
      const id = newBatchId()
      yield* store(log, id, { claimed: 1_250, enriched: 1_260, sent: 1_275 })
      yield* store(log, id, { claimed: 1_250, enriched: 5_000, sent: 6_000 })
      const { steps, records } = yield* timeline(eventId(id, 0))
      expect(records).toHaveLength(2)
      expect(steps.filter(({ stage }) => stage === "log").map(({ what }) => what)).toEqual([
        "stored: topic events, partition 0, offset 0",
        "stored again, because the first acknowledgement was lost: topic events, partition 0, offset 1"
      ])
    })
  )

  check(
    "in flight: its lease, its line, and the pending steps",
    Effect.gen(function* () {
      const { queue, timeline } = yield* places
      yield* queue.push([line as never])
      const batch = yield* claimAll(queue.source)
      const inFlight = yield* timeline(eventId(batch.id, 0))
      expect(inFlight).toMatchObject({ state: "in flight", wholeWay: undefined, records: [] })
      expect(inFlight.line).toMatchObject({ type: "app_open", address: "203.0.113.9" })
      expect(inFlight.steps.map(({ stage, at }) => [stage, at])).toEqual([
        ["gateway", 1_000],
        ["queue", batch.claimed],
        ["drainer", batch.claimed],
        ["drainer", undefined],
        ["enricher", undefined],
        ["bridge", undefined],
        ["log", undefined]
      ])
      expect(inFlight.steps[3]?.what).toMatch(
        /^claimed by a drainer until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, no failed attempt, queue /
      )
      yield* batch.release(60_000, true)
      const waiting = yield* timeline(eventId(batch.id, 0))
      expect(waiting.steps[3]?.what).toMatch(
        /^released; can be claimed again from .*, one failed attempt, queue /
      )
    })
  )

  check(
    "a dead letter: its stage, time, reason and attempts, without masked values",
    Effect.gen(function* () {
      const { queue, timeline } = yield* places
      const [letter] = yield* bury(queue, [line], {
        stage: "enricher",
        reason: "not enriched",
        detail: "email=a@b.de\u001b",
        attempts: 2,
        last: 9_000_000_000_000
      })
      const dead = yield* timeline(letter?.id ?? "")
      expect(dead).toMatchObject({ state: "dead letter", line: { type: "app_open" } })
      expect(dead.steps.at(-1)).toMatchObject({
        stage: "enricher",
        what: "became a dead letter: not enriched (email=a@b.de\\x1b), 2 failed attempts",
        at: 9_000_000_000_000
      })
      const masked = JSON.stringify(yield* timeline(letter?.id ?? "", readMask("email,address")))
      expect(masked).not.toMatch(/a@b|a%40b|203\.0/)
    })
  )

  check(
    "not found, or not an id: no steps",
    Effect.gen(function* () {
      const { timeline } = yield* places
      expect(yield* timeline(eventId(newBatchId(), 0))).toMatchObject({
        state: "not found",
        steps: [],
        records: []
      })
      expect(yield* timeline("<script>")).toMatchObject({ state: "not an id", steps: [] })
    })
  )
}

await onOwnQueues(suite)

describe("steps", () => {
  test("have no negative durations, but say that the clocks differ", () => {
    const steps = withDurations([
      { stage: "gateway", what: "taken", at: 2_000 },
      { stage: "queue", what: "claimed", at: 1_500 },
      { stage: "drainer", what: "read", at: 1_500 },
      { stage: "enricher", what: "not yet", at: undefined },
      { stage: "log", what: "stored", at: 3_000 }
    ])
    expect(steps.map(({ after }) => after)).toEqual([undefined, undefined, 0, undefined, undefined])
    expect(steps[1]?.what).toBe("claimed (its clock is at least 500 ms behind that of the previous step)")
  })
})
