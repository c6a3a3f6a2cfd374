/**
 * Scanning Kafka: the records of each partition in turn, from a time on, until the caller has enough. They are fetched
 * outside of any group on connections of the scan's own, so nothing is committed and no reader is affected. When a
 * connection fails, the scan continues on a new one, until it has received nothing for `silenceTimeoutMs`.
 */
import { Effect, Schedule } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import type { RecordBatch, ScanOptions } from "../service.ts"
import type { Clients } from "./client.ts"
import { type Cluster, makeCluster } from "./cluster.ts"
import { sentence, unanswered } from "./errors.ts"
import { fetchNext, type Stretch, stretchesSince } from "./fetch.ts"
import { batchesOf } from "./fetched-batches.ts"
import type { Unpacking } from "./skipped-batches.ts"

/**
 * A scan that has received nothing for so long fails, milliseconds: at its beginning, and later, when another broker may
 * be about to replace one that died.
 */
const firstTimeoutMs = 4_000
const silenceTimeoutMs = 10_000

/** How long one step may take, milliseconds. */
const stepTimeoutMs = 5_000

/** How long one request may take; less than a step. Milliseconds. */
const requestTimeoutMs = 3_500

/** Delay before the next connection, milliseconds. */
const retryDelayMs = 250

/** How far a scan has come, over all its connections. */
interface Progress {
  stretches: ReadonlyArray<Stretch> | undefined
  /** When something was received last, milliseconds of this process. */
  lastReceived: number
}

class NoAnswer extends Error {}

/** `scan` of the event log. */
export const makeScan =
  (clients: Clients, unpacking: Unpacking) =>
  (
    options: ScanOptions,
    see: (batch: RecordBatch, partitions: number) => boolean
  ): Effect.Effect<boolean, Failure> =>
    Effect.suspend(() => {
      const progress: Progress = { stretches: undefined, lastReceived: performance.now() }
      return Effect.acquireUseRelease(
        Effect.sync(() => makeCluster(clients.open({ main: requestTimeoutMs }))),
        (cluster) => scanOn(cluster, options, see, progress, unpacking),
        (cluster) => Effect.sync(cluster.close)
      ).pipe(
        Effect.retry({
          schedule: Schedule.spaced(retryDelayMs),
          while: () =>
            performance.now() - progress.lastReceived <
            (progress.stretches === undefined ? firstTimeoutMs : silenceTimeoutMs)
        }),
        Effect.mapError((error) => {
          const reason = error instanceof NoAnswer || unanswered(error) ? "timeout" : "unavailable"
          return new Failure({
            reason,
            message: sentence(`Cannot look through ${options.topics.join(", ")} in Kafka`, error)
          })
        })
      )
    })

/** Continues the scan on one set of connections. Fails with the error of a request. */
const scanOn = Effect.fnUntraced(function* (
  cluster: Cluster,
  { topics, since }: ScanOptions,
  see: (batch: RecordBatch, partitions: number) => boolean,
  progress: Progress,
  unpacking: Unpacking
) {
  yield* ask(() => cluster.connect())
  if (progress.stretches === undefined) {
    progress.stretches = yield* ask(() => stretchesSince(cluster, topics, since))
  } else {
    const left = new Set(progress.stretches.map(({ topic }) => topic))
    yield* ask(() => cluster.refresh([...left]))
  }
  const partitions = progress.stretches.length
  while (true) {
    const open = progress.stretches.filter(({ next, end }) => next < end)
    if (open.length === 0) return false
    for (const stretch of open) {
      const fetched = yield* ask(() => fetchNext(cluster, stretch))
      const next = batchesOf(fetched, unpacking)
      for (let batch = yield* ask(next); batch !== undefined; batch = yield* ask(next)) {
        if (see(batch, partitions)) return true
        yield* Effect.yieldNow
      }
      progress.lastReceived = performance.now()
    }
  }
})

const ask = <A>(what: () => Promise<A>): Effect.Effect<A, unknown> =>
  Effect.tryPromise({ try: what, catch: (error) => error }).pipe(
    Effect.timeoutOrElse({
      duration: stepTimeoutMs,
      orElse: () => Effect.fail(new NoAnswer("no answer in time"))
    })
  )
