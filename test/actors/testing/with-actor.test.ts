/** spoor/testing: an actor is supervised, fed, watched and stopped in virtual time, without servers, files or environment. */
import { describe, expect, test } from "bun:test"
import { Clock, Context, Duration, Effect, Fiber, Layer } from "effect"
import { EventCounter } from "../../../actors/event-counter.ts"
import { readEvent } from "../../../actors/inspect/counters/counted-event.ts"
import * as Actor from "../../../actors/runtime/actor.ts"
import { eventLog, ingestQueue, messageBus, type Requirement } from "../../../actors/runtime/dependencies.ts"
import { claims } from "../../../actors/runtime/inbox/claims.ts"
import { records } from "../../../actors/runtime/inbox/records.ts"
import { requests } from "../../../actors/runtime/inbox/requests.ts"
import { Sessions } from "../../../actors/sessions.ts"
import { line, record, testBegins } from "../../../actors/testing/events.ts"
import { withActor } from "../../../actors/testing/with-actor.ts"
import { EventLog, type RecordBatch } from "../../../bridge/event-log/service.ts"
import { IngestQueue } from "../../../bridge/ingest-queue/service.ts"
import { ProjectionStore } from "../../../bridge/projection-store/service.ts"
import type { EnrichedBatch } from "../../../contracts/batch.ts"
import { Failure } from "../../../contracts/failure.ts"
import { emptyDigest, newBatchId, Topic } from "../../../contracts/ids.ts"
import { Store } from "../../../contracts/requests.ts"
import { setting } from "../../../contracts/setting.ts"
import { duration } from "../../../contracts/setting-readers.ts"

const away = new Failure({ reason: "unavailable", message: "the disk is full" })

/** A consumer with this handler. */
const consumer = (handle: (batch: RecordBatch) => Effect.Effect<void, Failure>) =>
  Actor.make(
    "consumer",
    { summary: "", receives: records("consumer", "oldest"), sends: "nothing", requires: [eventLog] },
    Effect.succeed(handle)
  )

/** A store of records that answers after so much time. */
const slowStore = (time: number) =>
  Actor.make(
    "slow-store",
    { summary: "", receives: requests(Store), sends: "nothing", requires: [messageBus], waiting: 0 },
    Effect.succeed(({ id, digest, events }: EnrichedBatch) =>
      Effect.as(Effect.sleep(time), {
        ...{ id, digest, stored: events.length, rejected: [] },
        placements: [{ topic: Topic.make("events"), partition: 0, offset: "0", count: events.length, at: 1 }]
      })
    )
  )

const batch = (): EnrichedBatch => ({
  ...{ id: newBatchId(), digest: emptyDigest, claimed: testBegins, enriched: testBegins },
  events: [{ index: 0, topic: Topic.make("events"), value: new Uint8Array([65]), received: testBegins }]
})

describe("what an actor is sent, and what it does", () => {
  test("records: counts, progress messages, outcomes and metrics; each event counts once", () =>
    withActor(EventCounter, function* (actor) {
      const sent = [record({ type: "a", id: `${newBatchId()}-0` }), record({ type: "b" })]
      yield* actor.append(sent)
      yield* actor.append(sent)
      expect(yield* actor.counts("by-type")).toEqual({ a: 1, b: 2 })
      expect(actor.outcomes()).toMatchObject({ received: 4, succeeded: 4, repeated: 1 })
      expect(actor.published.map(({ subject }) => subject)).toEqual([
        "spoor.events.consumed.events",
        "spoor.events.consumed.events"
      ])
      expect(actor.published[0]?.message).toMatchObject({ by: "event-counter", count: 2, at: testBegins })
      expect(yield* actor.metric("spoor_actor_events_total", { outcome: "succeeded" })).toBe(4)
      expect(yield* actor.metrics).toContain(
        'spoor_actor_events_total{actor="event-counter",outcome="succeeded"} 4'
      )
      expect((yield* actor.records()).map(({ offset }) => offset)).toEqual(["0", "1", "2", "3"])
    }))

  test("metrics of one test are not those of another", () =>
    withActor(EventCounter, function* (actor) {
      expect(yield* actor.metric("spoor_actor_events_total", { outcome: "succeeded" })).toBe(0)
      expect(yield* actor.counts("by-type")).toEqual({})
    }))

  test("requests are answered; one that takes longer than its deadline is not", () =>
    withActor(slowStore(1_000), function* (actor) {
      const inTime = yield* Effect.forkChild(actor.request(Store, batch()))
      yield* actor.advance("1 second")
      expect(yield* Fiber.join(inTime)).toMatchObject({ stored: 1, rejected: [] })
    }).then(() =>
      withActor(slowStore(60_000), function* (actor) {
        const late = yield* Effect.forkChild(Effect.flip(actor.request(Store, batch())))
        const refused = yield* Effect.forkChild(Effect.flip(actor.request(Store, batch())))
        yield* actor.advance("10 seconds")
        expect((yield* Fiber.join(late)).reason).toBe("no-answer")
        expect((yield* Fiber.join(refused)).reason).toBe("busy")
      })
    ))

  test("lines: what waits in the queue, and what became a dead letter", () =>
    withActor(
      Actor.make(
        "refuser",
        { summary: "", receives: claims, sends: "nothing", requires: [ingestQueue, messageBus] },
        Effect.succeed(({ id, digest, lines, first }) => {
          const topic = Topic.make("events")
          const rejected = lines.map((_, i) => ({
            ...{ index: first + i, topic },
            ...{ stage: "drainer" as const, reason: "too large" as const }
          }))
          const receipt = { id, digest, stored: 0, placements: [], rejected }
          return Effect.succeed({ receipt, received: new Map([[topic, lines.length]]) })
        })
      ),
      function* (actor) {
        yield* actor.push([line({ type: "a", params: { name: "x y" } })])
        yield* actor.advance("10 seconds")
        const [letter] = yield* actor.deadLetters
        expect(letter).toMatchObject({ reason: "too large", stage: "drainer" })
        expect(Buffer.from(letter?.line ?? "").toString()).toBe(
          `203.0.113.7 ${testBegins} test pod-1 /t/a name=x%20y `
        )
        yield* actor.stop
        yield* actor.push([line()])
        expect(yield* actor.lines).toHaveLength(1)
      }
    ))
})

describe("failures", () => {
  test("an injected failure is met by the actor and not by the test; the batch comes again", () =>
    withActor(EventCounter, function* (actor) {
      yield* actor.fail(ProjectionStore, "apply", away, 2)
      yield* actor.append([record({ type: "a" })])
      expect(yield* actor.counts("by-type")).toEqual({})
      expect(yield* actor.metric("spoor_actor_events_total", { reason: "unavailable" })).toBe(1)
      yield* actor.advance("1 minute")
      expect(yield* actor.counts("by-type")).toEqual({ a: 1 })
      expect(actor.outcomes()).toMatchObject({ received: 3, refused: 2, succeeded: 1 })
    }))

  test("an operation of what a service returns fails by its own name, also before the start", () => {
    const seen: Array<string> = []
    const actor = Actor.make(
      "acknowledger",
      { summary: "", receives: claims, sends: "nothing", requires: [ingestQueue, messageBus] },
      Effect.succeed(({ id, digest, lines }) => {
        if (lines.length > 0) seen.push(id)
        const topic = Topic.make("events")
        const count = lines.length
        const placements = count === 0 ? [] : [{ topic, partition: 0, offset: "0", count, at: 1 }]
        const receipt = { id, digest, stored: count, placements, rejected: [] }
        return Effect.succeed({ receipt, received: new Map([[topic, count]]) })
      })
    )
    return withActor(
      actor,
      function* (running) {
        yield* running.push([line()])
        yield* running.advance("2 minutes")
        expect(seen.length).toBeGreaterThanOrEqual(1)
        const [source] = running.service(IngestQueue).sources
        expect(yield* source?.depth ?? Effect.undefined).toEqual({ waiting: 0, claimed: 0, deadLetters: 0 })
      },
      { failing: [[IngestQueue, "ack", away]] }
    )
  })

  test("an actor whose inbox ends is restarted after a pause, and given up in the end", () =>
    withActor(
      consumer(() => Effect.void),
      function* (actor) {
        expect(actor.state()).toBe("restarting")
        expect(actor.logged[0]).toStartWith("Error the actor crashed and is restarted")
        yield* actor.advance("10 minutes")
        expect(yield* actor.metric("spoor_actor_restarts_total")).toBe(10)
        expect(yield* actor.metric("spoor_actor_given_up")).toBe(1)
      },
      { failing: [[EventLog, "read", away, 11]] }
    ))

  test("a crash on a message is logged, and the message comes again", () => {
    let crashes = 0
    return withActor(
      consumer(() => Effect.suspend(() => (crashes++ < 1 ? Effect.die(new Error("boom")) : Effect.void))),
      function* (actor) {
        yield* actor.append([record()])
        expect(actor.logged[0]).toContain("boom")
        yield* actor.advance("1 minute")
        expect(actor.outcomes()).toMatchObject({ failed: 1, succeeded: 1 })
      }
    )
  })

  test("one that no call meets fails the test", () =>
    expect(
      withActor(EventCounter, function* (actor) {
        yield* actor.fail(ProjectionStore, "aply", away)
      })
    ).rejects.toThrow("spoor/bridge/projection-store aply was not met"))
})

describe("time, settings and services", () => {
  test("virtual time passes as the test says; stop waits for messages in flight", () => {
    const ended: Array<number> = []
    return withActor(
      consumer(() =>
        Effect.andThen(
          Effect.sleep("3 seconds"),
          Effect.map(Clock.currentTimeMillis, (now) => void ended.push(now))
        )
      ),
      function* (actor) {
        yield* actor.append([record()])
        yield* actor.advance("2 seconds")
        expect(ended).toEqual([])
        yield* actor.stop
        expect(ended).toEqual([testBegins + 3_000])
        expect(actor.state()).toBe("stopping")
      }
    )
  })

  test("a keyed actor's timers fire in virtual time: 30 minutes of silence end a session", () =>
    withActor(Sessions, function* (actor) {
      const ofDevice = (type: string) => record({ type, params: { deviceid: "d1" }, id: `${newBatchId()}-0` })
      yield* actor.append([ofDevice("open")])
      yield* actor.advance("20 minutes")
      yield* actor.append([ofDevice("buy")])
      yield* actor.advance("20 minutes")
      expect(yield* actor.records("sessions")).toEqual([])
      yield* actor.advance("11 minutes")
      const [session, ...others] = (yield* actor.records("sessions")).map(readEvent)
      expect(others).toEqual([])
      expect(["deviceid", "events", "entry", "exit", "duration"].map((name) => session?.param(name))).toEqual(
        ["d1", "2", "open", "buy", String(20 * 60_000)]
      )
    }))

  test("settings are those of the test; the environment is not read; a wrong one fails the start", async () => {
    const pause = setting("PAUSE", duration("seconds"), Duration.seconds(1), "", "1s")
    const paused: Array<number> = []
    const actor = Actor.make(
      "reader",
      {
        ...{ summary: "", receives: records("reader", "oldest"), sends: "nothing" },
        ...{ requires: [eventLog], settings: [pause] }
      },
      Effect.gen(function* () {
        paused.push(Duration.toMillis(yield* pause.config))
        return () => Effect.void
      })
    )
    process.env.PAUSE = "5m"
    try {
      await withActor(actor, function* () {})
      await withActor(actor, function* () {}, { settings: { PAUSE: "2s" } })
    } finally {
      delete process.env.PAUSE
    }
    expect(paused).toEqual([1_000, 2_000])
    await expect(withActor(actor, function* () {}, { settings: { PAUSE: "soon" } })).rejects.toThrow(
      "is not a duration"
    )
  })

  test("a service of the actor's own can be replaced", () => {
    class Prices extends Context.Service<Prices, { readonly price: Effect.Effect<number> }>()(
      "test/Prices"
    ) {}
    const prices: Requirement<Prices> = {
      ...{ name: "prices", settings: [], checks: [], systems: () => [] },
      layer: Layer.effect(Prices, Effect.die("no server in a test"))
    }
    const found: Array<number> = []
    const actor = Actor.make(
      "pricer",
      { summary: "", receives: records("pricer", "oldest"), sends: "", requires: [eventLog, prices] },
      Effect.map(
        Prices,
        ({ price }) =>
          () =>
            Effect.map(price, (one) => void found.push(one))
      )
    )
    return withActor(
      actor,
      function* (running) {
        yield* running.append([record()])
        expect(found).toEqual([7])
      },
      { services: [[prices, Layer.succeed(Prices, { price: Effect.succeed(7) })]] }
    )
  })
})
