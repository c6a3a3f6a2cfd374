/** Runs the queue's inbox on a queue in a file, with a handler given by the test. */
import { expect } from "bun:test"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Fiber, type Scope } from "effect"
import { Self } from "../../../../actors/runtime/actor-context.ts"
import { makeHealth } from "../../../../actors/runtime/health.ts"
import type { BatchOutcome, Lines } from "../../../../actors/runtime/inbox/batch-outcome.ts"
import { claims } from "../../../../actors/runtime/inbox/claims.ts"
import { makeMailbox } from "../../../../actors/runtime/mailbox.ts"
import { makeMeter } from "../../../../actors/runtime/metrics.ts"
import {
  type ClaimedBatch,
  type EventInFlight,
  IngestQueue,
  type QueueSource
} from "../../../../bridge/ingest-queue/service.ts"
import { sqliteQueue } from "../../../../bridge/ingest-queue/sqlite/queue.ts"
import { makeInProcess } from "../../../../bridge/message-bus/in-process.ts"
import { MessageBus } from "../../../../bridge/message-bus/service.ts"
import type { Receipt } from "../../../../contracts/batch.ts"
import type { ByteString } from "../../../../contracts/event.ts"
import type { Failure } from "../../../../contracts/failure.ts"
import { type BatchId, newBatchId, newClaimId, Topic } from "../../../../contracts/ids.ts"
import { eventually } from "../../../support/eventually.ts"

export const topic = Topic.make("events")

export const lines = (...texts: ReadonlyArray<string>): ReadonlyArray<ByteString> =>
  texts as ReadonlyArray<ByteString>

/** The next offset of the log that stores all batches. */
let end = 0

/** The outcome of a batch whose events are all stored, except those rejected. */
export const stored = ({ id, digest, lines }: Lines, rejected: Receipt["rejected"] = []): BatchOutcome => {
  const count = lines.length - rejected.length
  const placements = count === 0 ? [] : [{ topic, partition: 0, offset: String(end), count, at: 1 }]
  end += count
  return {
    receipt: { id, digest, stored: count, placements, rejected },
    received: new Map(lines.length === 0 ? [] : [[topic, lines.length]])
  }
}

export type Queue = IngestQueue["Service"]

export const waitForStop = (_: Queue, stopping: Fiber.Fiber<unknown>): Effect.Effect<unknown, Failure> =>
  Fiber.await(stopping)

export interface Draining<A> {
  /** What the actor does with a batch. */
  readonly handle: (batch: Lines) => Effect.Effect<BatchOutcome, Failure>
  /** How it answers a probe's empty batch; by default with success. */
  readonly onProbe?: (empty: Lines) => Effect.Effect<BatchOutcome, Failure>
  /** Runs before the inbox opens. */
  readonly before?: (queue: Queue) => Effect.Effect<void, Failure>
  /** The inbox is stopped when this ends. */
  readonly body: (queue: Queue) => Effect.Effect<void, Failure>
  /** Runs while the inbox stops. */
  readonly whileStopping?: (queue: Queue, stopping: Fiber.Fiber<unknown>) => Effect.Effect<A, Failure>
  /** Called with each claimed batch, before it is handled. */
  readonly onClaim?: (batch: ClaimedBatch) => void
  /** Wraps a queue server, to inject faults. */
  readonly faulty?: (source: QueueSource) => QueueSource
  /** Another queue server, drained beside the first. */
  readonly second?: Effect.Effect<Queue, Failure, Scope.Scope>
}

/** A new queue in a file. */
export const oneQueue: Effect.Effect<Queue, Failure, Scope.Scope> = Effect.suspend(() =>
  sqliteQueue(mkdtempSync(join(tmpdir(), "spoor-claims-")))
)

/** Runs the inbox with that handler until `body` ends, then stops it. */
export const draining = <A = unknown>(options: Draining<A>): Promise<A | unknown> => {
  const {
    handle,
    onProbe = (empty) => Effect.succeed(stored(empty)),
    onClaim,
    faulty = (source) => source
  } = options
  const watched = (source: QueueSource): QueueSource => ({
    ...source,
    claim: (id, limits) =>
      Effect.tap(source.claim(id, limits), (batch) =>
        Effect.sync(() => {
          if (batch !== undefined) onClaim?.(batch)
        })
      )
  })
  return Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const file = yield* oneQueue
        const second = yield* options.second ?? Effect.undefined
        const sources = [...file.sources, ...(second?.sources ?? [])]
        const queue = { ...file, sources: sources.map((source) => watched(faulty(source))) }
        const meter = makeMeter("drainer")
        const self = Self.of({
          name: "drainer",
          meter,
          health: makeHealth(),
          announce: () => {},
          announced: () => undefined
        })
        const mailbox = makeMailbox({ concurrency: 4, capacity: 12 }, meter, (batch: Lines) =>
          batch.lines.length === 0 ? onProbe(batch) : handle(batch)
        )
        const inbox = Effect.scoped(Effect.flatMap(claims.open(mailbox), (run) => run)).pipe(
          Effect.provideService(IngestQueue, queue),
          Effect.provideService(MessageBus, makeInProcess()),
          Effect.provideService(Self, self)
        )
        yield* options.before?.(file) ?? Effect.void
        const fiber = yield* Effect.forkChild(inbox)
        yield* options.body(file)
        const stopping = yield* Effect.forkChild(Fiber.interrupt(fiber), { startImmediately: true })
        return yield* (options.whileStopping ?? waitForStop)(file, stopping)
      })
    )
  )
}

export const depthIs = (queue: Queue, expected: object) =>
  Effect.promise(() =>
    eventually(`depth ${JSON.stringify(expected)}`, async () => {
      const [source] = queue.sources
      const depth = source === undefined ? undefined : await Effect.runPromise(source.depth)
      expect(depth).toMatchObject(expected)
      return true
    })
  )

export const nothingLeft = (queue: Queue) => depthIs(queue, { waiting: 0, claimed: 0, deadLetters: 0 })

/** Claims the waiting lines `times` times, each time as a claimer that ends without releasing them. Returns the batch id. */
export const claimersEnd = (queue: Queue, times: number) =>
  Effect.gen(function* () {
    let id: BatchId | undefined
    for (let n = 0; n < times; n++) {
      for (const { claim } of queue.sources) {
        id = (yield* claim(newClaimId(), { maxEvents: 1_000, maxBytes: 1_000_000, lease: 0 }))?.id ?? id
      }
    }
    return id ?? newBatchId()
  })

/** Where a claimed event that is not settled is. */
export const locateEvent = (queue: Queue, id: BatchId, index: number): Promise<EventInFlight | undefined> =>
  Effect.runPromise(
    Effect.map(
      Effect.forEach(queue.sources, (source) => source.find(id, index)),
      (found) => found[0]
    )
  )
