/** The drainer from queue to receipt: of a batch that crashes the enricher only the poison event is lost, and all events are counted. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Context, Effect, Schema } from "effect"
import { Drainer } from "../../actors/drainer.ts"
import { Self } from "../../actors/runtime/actor-context.ts"
import { makeHealth } from "../../actors/runtime/health.ts"
import { requests } from "../../actors/runtime/inbox/requests.ts"
import { makeMailbox } from "../../actors/runtime/mailbox.ts"
import { makeMeter } from "../../actors/runtime/metrics.ts"
import { start } from "../../actors/runtime/supervisor.ts"
import { type ClaimedBatch, IngestQueue, type QueueLedger } from "../../bridge/ingest-queue/service.ts"
import { sqliteQueue } from "../../bridge/ingest-queue/sqlite/queue.ts"
import { makeInProcess } from "../../bridge/message-bus/in-process.ts"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import type { RawBatch } from "../../contracts/batch.ts"
import { DeadLetter } from "../../contracts/dead-letter.ts"
import type { ByteString } from "../../contracts/event.ts"
import { eventId, Topic } from "../../contracts/ids.ts"
import { Enrich } from "../../contracts/requests.ts"
import { eventually } from "../support/eventually.ts"

const standard = Topic.make("events")

const line = (query: string): ByteString => `1.2.3.4 1795206900000 h p /t/a ${query} curl/8` as ByteString

/** The queue, with each dead-lettered batch passed to `see`. */
const watched = (
  queue: IngestQueue["Service"],
  see: (batch: ClaimedBatch, letters: ReadonlyArray<DeadLetter>) => void
) =>
  IngestQueue.of({
    push: queue.push,
    sources: queue.sources.map((source) => ({
      ...source,
      claim: (id, limits) =>
        Effect.map(
          source.claim(id, limits),
          (batch) =>
            batch && {
              ...batch,
              deadLetter: (letters, counts) =>
                Effect.tap(batch.deadLetter(letters, counts), () => Effect.sync(() => see(batch, letters)))
            }
        )
    }))
  })

describe("drainer", () => {
  test("the poison event is found and dead-lettered with its id and bytes, the others are stored", async () => {
    const stored = new Set<string>()
    let end = 0
    let crashes = 0
    const enricher = makeMailbox(
      { concurrency: 4, capacity: 8 },
      makeMeter("enricher"),
      ({ id, digest, events }: RawBatch) => {
        if (events.some(({ query }) => query === "poison")) {
          crashes += 1
          return Effect.die(new Error("boom"))
        }
        for (const { query } of events) stored.add(query)
        const count = events.length
        const placements =
          count === 0 ? [] : [{ topic: standard, partition: 0, offset: String(end), count, at: 1 }]
        end += count
        return Effect.succeed({ id, digest, stored: count, placements, rejected: [] })
      }
    )
    const seen: Array<{ batch: ClaimedBatch; letters: ReadonlyArray<DeadLetter> }> = []
    let ledger: QueueLedger | undefined
    const lines = [line("a"), "nonsense" as ByteString, line("b"), line("poison"), line("c")]
    await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const queue = yield* sqliteQueue(mkdtempSync(join(tmpdir(), "spoor-drainer-")))
          const bus = makeInProcess()
          const health = makeHealth()
          const self = Self.of({
            name: "enricher",
            meter: makeMeter("enricher"),
            health,
            announce: () => {},
            announced: () => undefined
          })
          yield* requests(Enrich)
            .open(enricher)
            .pipe(Effect.provideService(MessageBus, bus), Effect.provideService(Self, self))
          yield* queue.push(lines)
          const watching = watched(queue, (batch, letters) => seen.push({ batch, letters }))
          const context = Context.make(IngestQueue, watching).pipe(Context.add(MessageBus, bus))
          yield* start(Drainer, context, health, () => {})
          yield* Effect.promise(() =>
            eventually("all batches are settled", async () => {
              const [depth] = await Effect.runPromise(Effect.forEach(queue.sources, (source) => source.depth))
              return depth?.waiting === 0 && depth.claimed === 0
            })
          )
          ledger = (yield* Effect.forEach(queue.sources, (source) => source.ledger(0)))[0]
        })
      )
    )
    const letters = seen.flatMap((one) => one.letters)
    const id = seen[0]?.batch.id ?? ("" as never)
    expect([...stored].toSorted()).toEqual(["a", "b", "c"])
    expect(crashes).toBe(4)
    const found = letters.map(({ id, reason, topic, line, attempts }) => ({
      id,
      reason,
      attempts,
      topic,
      line: Buffer.from(line).toString()
    }))
    expect(found.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      { id: eventId(id, 1), reason: "too few fields", attempts: 2, topic: standard, line: lines[1] ?? "" },
      { id: eventId(id, 3), reason: "crashed", attempts: 3, topic: standard, line: lines[3] ?? "" }
    ])
    expect(ledger?.topics).toMatchObject([{ topic: standard, received: 5, stored: 3, dead: 2 }])
    expect(ledger).toMatchObject({ taken: 5, waiting: 0, inFlight: 0 })
    for (const letter of letters) expect(Schema.is(DeadLetter)(letter)).toBe(true)
  })
})
