/** Claimed batches leave the queue on a full receipt only; rejected events become dead letters; failures come again. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Fiber } from "effect"
import { Deadline } from "../../../../actors/system/deadline.ts"
import { makeHealth } from "../../../../actors/system/health.ts"
import { claims } from "../../../../actors/system/inbox/claims.ts"
import { makeMailbox } from "../../../../actors/system/mailbox.ts"
import { makeMeter } from "../../../../actors/system/meter.ts"
import { Self } from "../../../../actors/system/self.ts"
import { type ClaimedBatch, IngestQueue, type QueueSource } from "../../../../bridge/ingest-queue/service.ts"
import { sqliteQueue } from "../../../../bridge/ingest-queue/sqlite.ts"
import type { Receipt } from "../../../../contracts/batch.ts"
import { leaseTime } from "../../../../contracts/conversations.ts"
import type { Bytes } from "../../../../contracts/event.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { newBatchId } from "../../../../contracts/ids.ts"
import { eventually } from "../../../support/eventually.ts"

const lines = (...texts: ReadonlyArray<string>): ReadonlyArray<Bytes> => texts as ReadonlyArray<Bytes>

const stored = (batch: ClaimedBatch, rejected: Receipt["rejected"] = []): Receipt => ({
  id: batch.id,
  stored: batch.lines.length - rejected.length,
  placements: [],
  rejected
})

type Queue = IngestQueue["Service"]

const waitForStop = (_: Queue, stopping: Fiber.Fiber<unknown>): Effect.Effect<unknown, Failure> =>
  Fiber.await(stopping)

/** Runs the inbox with that handler until `body` ends, then stops it; `ending` sees it stop. */
const draining = <A>(
  handle: (batch: ClaimedBatch) => Effect.Effect<Receipt, Failure>,
  body: (queue: Queue) => Effect.Effect<void, Failure>,
  ending: (queue: Queue, stopping: Fiber.Fiber<unknown>) => Effect.Effect<A, Failure>,
  troubled: (source: QueueSource) => QueueSource = (source) => source,
  before: (queue: Queue) => Effect.Effect<void, Failure> = () => Effect.void
): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const file = yield* sqliteQueue(mkdtempSync(join(tmpdir(), "spoor-claims-")))
        const queue = { ...file, sources: file.sources.map(troubled) }
        const meter = makeMeter("drainer")
        const self = Self.of({ name: "drainer", meter, health: makeHealth(), announce: () => {} })
        const inbox = Effect.scoped(
          Effect.flatMap(
            claims.open(makeMailbox({ concurrency: 4, capacity: 8 }, meter, handle)),
            (run) => run
          )
        ).pipe(Effect.provideService(IngestQueue, queue), Effect.provideService(Self, self))
        yield* before(queue)
        const fiber = yield* Effect.forkChild(inbox)
        yield* body(queue)
        const stopping = yield* Effect.forkChild(Fiber.interrupt(fiber), { startImmediately: true })
        return yield* ending(queue, stopping)
      })
    )
  )

const depthIs = (queue: Queue, wanted: object) =>
  Effect.promise(() =>
    eventually(`depth ${JSON.stringify(wanted)}`, async () => {
      const [source] = queue.sources
      const depth = source === undefined ? undefined : await Effect.runPromise(source.depth)
      expect(depth).toMatchObject(wanted)
      return true
    })
  )

describe("claims", () => {
  test("a full receipt lets the batch go", async () => {
    const seen: Array<Bytes> = []
    await draining(
      (batch) => {
        seen.push(...batch.lines)
        return Effect.succeed(stored(batch))
      },
      Effect.fnUntraced(function* (queue) {
        yield* queue.push(lines("a", "b", "c"))
        yield* depthIs(queue, { waiting: 0, claimed: 0, deadLetters: 0 })
      }),
      waitForStop
    )
    expect(seen).toEqual([...lines("a", "b", "c")])
  })

  test("rejected events are set aside, the others are done", async () => {
    await draining(
      (batch) => Effect.succeed(stored(batch, [{ index: 1, stage: "drainer", reason: "no path" }])),
      Effect.fnUntraced(function* (queue) {
        yield* queue.push(lines("a", "b", "c"))
        yield* depthIs(queue, { waiting: 0, claimed: 0, deadLetters: 1 })
      }),
      waitForStop
    )
  })

  test("an outage gives the batch back: it comes again with the same id, and counts no attempt", async () => {
    const seen: Array<readonly [id: string, attempts: number]> = []
    await draining(
      (batch) => {
        seen.push([batch.id, batch.attempts])
        return seen.length < 3
          ? Effect.fail(new Failure({ reason: "no-responders", message: "no enricher" }))
          : Effect.succeed(stored(batch))
      },
      Effect.fnUntraced(function* (queue) {
        yield* queue.push(lines("a"))
        yield* depthIs(queue, { waiting: 0, claimed: 0, deadLetters: 0 })
      }),
      waitForStop
    )
    expect(seen).toEqual([0, 1, 2].map(() => [seen[0]?.[0] ?? "", 0]))
  })

  test("a crash counts as an attempt", async () => {
    const attempts: Array<number> = []
    await draining(
      (batch) => {
        attempts.push(batch.attempts)
        return attempts.length < 3 ? Effect.die(new Error("boom")) : Effect.succeed(stored(batch))
      },
      Effect.fnUntraced(function* (queue) {
        yield* queue.push(lines("a"))
        yield* depthIs(queue, { waiting: 0, claimed: 0, deadLetters: 0 })
      }),
      waitForStop
    )
    expect(attempts).toEqual([0, 1, 2])
  })

  test("a receipt that leaves an event out does not let the batch go", async () => {
    let tries = 0
    await draining(
      (batch) => {
        tries += 1
        return Effect.succeed(tries < 3 ? { ...stored(batch), stored: 1 } : stored(batch))
      },
      Effect.fnUntraced(function* (queue) {
        yield* queue.push(lines("a", "b"))
        yield* depthIs(queue, { waiting: 0, claimed: 0, deadLetters: 0 })
      }),
      waitForStop
    )
    expect(tries).toBe(3)
  })

  test("batches that fail for ever do not keep the others waiting", async () => {
    const good: Array<Bytes> = []
    let tries = 0
    await draining(
      (batch) => {
        if (!batch.lines.includes("bad" as Bytes)) {
          good.push(...batch.lines)
          return Effect.succeed(stored(batch))
        }
        tries += 1
        const away = new Failure({ reason: "timeout", message: "no answer" })
        return Effect.andThen(Effect.sleep("2200 millis"), Effect.fail(away))
      },
      Effect.fnUntraced(function* (queue) {
        for (const bad of [1, 2, 3]) {
          yield* queue.push(lines("bad"))
          yield* Effect.promise(() => eventually("the bad one is tried", () => tries >= bad))
        }
        yield* Effect.promise(() => eventually("all of them have failed", () => tries > 3))
        for (let n = 0; n < 4; n++) {
          yield* queue.push(lines(`good ${n}`))
          yield* Effect.promise(() => eventually("the good one is done", () => good.length === n + 1))
        }
      }),
      waitForStop
    )
    expect(good).toHaveLength(4)
  }, 60_000)

  test("a claim whose answer was lost is sent again, so that what it took is not forgotten", async () => {
    const ids: Array<string> = []
    const seen: Array<string> = []
    await draining(
      (batch) => {
        seen.push(batch.id)
        return Effect.succeed(stored(batch))
      },
      Effect.fnUntraced(function* (queue) {
        yield* queue.push(lines("a"))
        yield* depthIs(queue, { waiting: 0, claimed: 0, deadLetters: 0 })
      }),
      waitForStop,
      (source) => ({
        ...source,
        claim: (id, limits) =>
          Effect.flatMap(source.claim(id, limits), (batch) => {
            if (batch !== undefined) ids.push(id)
            return batch !== undefined && ids.length === 1
              ? Effect.fail(new Failure({ reason: "timeout", message: "the answer was lost" }))
              : Effect.succeed(batch)
          })
      })
    )
    expect(ids).toHaveLength(2)
    expect(new Set([...ids, ...seen]).size).toBe(1)
  })

  test("the actor has half the lease to answer, whatever it asks meanwhile", async () => {
    let left = Number.POSITIVE_INFINITY
    await draining(
      (batch) =>
        Effect.gen(function* () {
          left = (yield* Deadline) - Date.now()
          return stored(batch)
        }),
      Effect.fnUntraced(function* (queue) {
        yield* queue.push(lines("a"))
        yield* depthIs(queue, { waiting: 0, claimed: 0, deadLetters: 0 })
      }),
      waitForStop
    )
    expect(left).toBeLessThanOrEqual(leaseTime / 2)
    expect(left).toBeGreaterThan(0)
  })

  test("a batch whose claimers ended three times is taken apart, and every event keeps its place", async () => {
    const seen: Array<readonly [place: number, line: Bytes]> = []
    const texts = Array.from({ length: 40 }, (_, i) => `line ${i}`)
    const died = { maxEvents: 1_000, maxBytes: 1_000_000, lease: 0 }
    const ids = new Set<string>()
    await draining(
      (batch) => {
        ids.add(batch.id)
        expect(batch.lines.length).toBeLessThanOrEqual(3)
        for (const [i, line] of batch.lines.entries()) seen.push([batch.first + i, line])
        return Effect.succeed(stored(batch))
      },
      Effect.fnUntraced(function* (queue) {
        yield* depthIs(queue, { waiting: 0, claimed: 0, deadLetters: 0 })
      }),
      waitForStop,
      (source) => source,
      Effect.fnUntraced(function* (queue) {
        yield* queue.push(lines(...texts))
        for (let n = 0; n < 4; n++)
          yield* Effect.forEach(queue.sources, ({ claim }) => claim(newBatchId(), died))
      })
    )
    expect(ids.size).toBe(1)
    expect(seen.toSorted(([a], [b]) => a - b)).toEqual(lines(...texts).map((line, i) => [i, line] as const))
  })

  test("stopping finishes the batches under way and claims no more", async () => {
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const taken: Array<Bytes> = []
    const left = await draining(
      (batch) => {
        taken.push(...batch.lines)
        return Effect.as(
          Effect.promise(() => gate),
          stored(batch)
        )
      },
      Effect.fnUntraced(function* (queue) {
        yield* queue.push(lines("a"))
        yield* Effect.promise(() => eventually("the batch is under way", () => taken.length === 1))
      }),
      Effect.fnUntraced(function* (queue, stopping) {
        yield* queue.push(lines("b"))
        release()
        yield* Fiber.await(stopping)
        return yield* Effect.forEach(queue.sources, ({ depth }) => depth)
      })
    )
    expect(taken).toEqual([...lines("a")])
    expect(left).toEqual([{ waiting: 1, claimed: 0, deadLetters: 0 }])
  })
})
