/** An event is located by its id wherever it is, and "not found" is explained. */
import { expect, test } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { recordsOf } from "../../../actors/bridge/records.ts"
import { locateEvent } from "../../../actors/inspect/locate-event.ts"
import type { EventLog, RecordBatch, ScanOptions } from "../../../bridge/event-log/service.ts"
import { makeSqlite } from "../../../bridge/event-log/sqlite/log.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { type BatchId, emptyDigest, eventId, newBatchId, type Topic } from "../../../contracts/ids.ts"
import { bury, claimAll, type OpenOwn, onOwnQueues } from "./queues.ts"

const events = "events" as Topic
const clicks = "clicks" as Topic
const topics = { standard: events, allowed: new Set<string>(["clicks"]), all: [events, clicks] }

const openLog = Effect.gen(function* () {
  const directory = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "spoor-log-"))),
    (made) => Effect.promise(() => rm(made, { recursive: true }))
  )
  const log = yield* makeSqlite(directory)
  yield* log.ensureTopics(topics.all)
  return log
})

const store = (log: EventLog["Service"], id: BatchId, topic: Topic, count: number) =>
  log.append(
    recordsOf(
      {
        id,
        digest: emptyDigest,
        claimed: 2_000,
        enriched: 3_000,
        events: Array.from({ length: count }, (_, index) => ({
          index,
          topic,
          value: new TextEncoder().encode(`record ${index}`),
          received: 1_000
        }))
      },
      4_000
    ),
    id
  )

const suite = (open: OpenOwn): void => {
  const check = <A>(what: string, body: Effect.Effect<A, unknown, Scope.Scope>): void =>
    test(what, () => Effect.runPromise(Effect.asVoid(Effect.scoped(body))))

  check(
    "an event in flight, then in the log with its place, stage times and record",
    Effect.gen(function* () {
      const queue = yield* open
      const { scan, ...log } = yield* openLog
      const places = { sources: [queue.source], scan, topics }
      yield* queue.push(["line 0", "line 1"] as unknown as ReadonlyArray<ByteString>)
      const batch = yield* claimAll(queue.source)
      const id = eventId(batch.id, 1)

      const inFlight = yield* locateEvent(id, places)
      expect(inFlight).toMatchObject({ id, state: "in flight", letters: [], records: [], troubles: [] })
      expect(inFlight.underWay).toMatchObject([
        { queue: queue.source.dependency.address, line: "line 1", attempts: 0, isClaimed: true }
      ])
      expect(inFlight.sentence).toMatch(/^In flight on .*: claimed until 2.* UTC, no failed attempt\.$/)

      yield* store({ scan, ...log }, batch.id, clicks, 2)
      const both = yield* locateEvent(id, places)
      expect(both).toMatchObject({ state: "in flight", records: [{ topic: "clicks" }] })
      expect(both.sentence).toContain("The log has it already")

      yield* batch.ack([])
      const stored = yield* locateEvent(id, places)
      expect(stored).toMatchObject({ state: "stored", underWay: [], troubles: [] })
      const [record] = stored.records
      expect(record).toMatchObject({ topic: "clicks", partition: 0, offset: "1", key: undefined })
      expect(new TextDecoder().decode(record?.value)).toBe("record 1")
      expect(record?.times.slice(0, 4)).toEqual([
        ["received", 1_000],
        ["claimed", 2_000],
        ["enriched", 3_000],
        ["sent", 4_000]
      ])
      expect(record?.times[4]?.[0]).toBe("logged")
      expect(stored.sentence).toBe("In the log: topic clicks, partition 0, offset 1.")
    })
  )

  check(
    "an event stored twice after a lost answer has both records",
    Effect.gen(function* () {
      const queue = yield* open
      const log = yield* openLog
      const id = newBatchId()
      yield* store(log, id, events, 3)
      yield* store(log, newBatchId(), events, 2_000)
      yield* store(log, id, events, 3)
      const found = yield* locateEvent(eventId(id, 2), { sources: [queue.source], scan: log.scan, topics })
      expect(found.records.map(({ offset }) => offset)).toEqual(["2", "2005"])
      expect(found.sentence).toContain("and 1 more of this event")
    })
  )

  check(
    "a dead letter, a released event, and one on the second of two queues",
    Effect.gen(function* () {
      const [one, two] = [yield* open, yield* open]
      const { scan } = yield* openLog
      const places = { sources: [one.source, two.source], scan, topics }
      const [letter] = yield* bury(two, ["bad"])
      const dead = yield* locateEvent(letter?.id ?? "", places)
      expect(dead).toMatchObject({ state: "dead letter", letters: [{ address: letter?.id, line: "bad" }] })
      expect(dead.sentence).toContain('"no path", from the drainer')

      yield* two.push(["again"] as unknown as ReadonlyArray<ByteString>)
      const batch = yield* claimAll(two.source)
      yield* batch.release(60_000, true)
      const back = yield* locateEvent(eventId(batch.id, 0), places)
      expect(back).toMatchObject({ state: "in flight", underWay: [{ attempts: 1, isClaimed: false }] })
      expect(back.sentence).toContain("not claimed now")
    })
  )

  check(
    "not found is explained; an invalid id is reported at once",
    Effect.gen(function* () {
      const queue = yield* open
      const log = yield* openLog
      yield* store(log, newBatchId(), events, 10)
      const places = { sources: [queue.source], scan: log.scan, topics }
      const nowhere = yield* locateEvent(eventId(newBatchId(), 3), places)
      expect(nowhere.state).toBe("not found")
      expect(nowhere.sentence).toContain("A waiting line has no id yet")
      for (const id of ["", "abc", "0123456789abcdef0123456789abcdef", "raw-0123456789ab"]) {
        expect((yield* locateEvent(id, places)).state).toBe("not an id")
      }
    })
  )

  check(
    "an unreachable log or queue is reported and the rest is searched, and so is a log too long to search",
    Effect.gen(function* () {
      const queue = yield* open
      const failure = new Failure({ reason: "unavailable", message: "Kafka is unreachable." })
      const [letter] = yield* bury(queue, ["bad"])
      const id = letter?.id ?? ""
      const away = { sources: [queue.source], scan: () => Effect.fail(failure), topics }
      expect(yield* locateEvent(id, away)).toMatchObject({
        state: "dead letter",
        troubles: ["Kafka is unreachable."]
      })
      const other = yield* locateEvent(eventId(newBatchId(), 0), away)
      expect(other).toMatchObject({ state: "not found", troubles: ["Kafka is unreachable."] })
      expect(other.sentence).toContain("some places could not be searched")
      const slow = { ...away, scan: () => Effect.never, timeoutMs: 20 }
      expect((yield* locateEvent(id, slow)).troubles[0]).toContain("not to its end")
      const broken = { ...queue.source, find: () => Effect.fail(failure) }
      const unsure = yield* locateEvent(id, { ...away, sources: [broken], scan: () => Effect.succeed(false) })
      expect(unsure).toMatchObject({
        state: "dead letter",
        troubles: [`${queue.source.dependency.address}: Kafka is unreachable.`]
      })
    })
  )

  check(
    "after the first record no other partition is searched, and its own only as far as a resend could be",
    Effect.gen(function* () {
      const queue = yield* open
      const id = newBatchId()
      const record = (offset: number, at: number, name = "other") => ({
        offset: String(offset),
        timestamp: at,
        key: undefined,
        value: new Uint8Array(),
        headers: { id: name }
      })
      const batch = (partition: number, ...records: RecordBatch["records"]): RecordBatch => ({
        topic: events,
        partition,
        records,
        end: "100"
      })
      const answers: Array<boolean> = []
      let since = 0
      const scan = (options: ScanOptions, see: (batch: RecordBatch, partitions: number) => boolean) =>
        Effect.sync(() => {
          since = options.since
          const hour = 3_600_000
          for (const one of [
            batch(0, record(1, 0), record(2, 0)),
            batch(1, record(1, hour), record(2, hour, eventId(id, 0))),
            batch(0, record(3, 9 * hour)),
            batch(1, record(3, hour + 1_000, eventId(id, 0))),
            batch(1, record(4, 2 * hour))
          ]) {
            answers.push(see(one, 2))
          }
          return true
        })
      const found = yield* locateEvent(eventId(id, 0), { sources: [queue.source], scan, topics })
      expect(answers).toEqual([false, false, false, false, true])
      expect(found.records.map(({ offset }) => offset)).toEqual(["2", "3"])
      expect(Math.abs(Date.now() - 120_000 - since)).toBeLessThan(60_000)
      const logged = Date.now() + 1e9
      yield* locateEvent(eventId(id, 0), { sources: [queue.source], scan, topics, logged })
      expect(since).toBe(logged - 10_000)
    })
  )
}

await onOwnQueues(suite)
