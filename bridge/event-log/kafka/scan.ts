/**
 * Looking through Kafka: what the brokers hold, fetched from them directly on a connection of the look's own, so that no
 * group is made, nothing is committed and no reader notices. Some records of each partition in turn, from a time on,
 * until it is enough. It goes on over a new connection when one fails, until nothing has come for `patience`.
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
 * A look that has got nothing for so long fails, milliseconds: at its beginning, and later, when a broker that died may
 * just be replaced.
 */
const firstPatience = 4_000
const patience = 10_000

/** How long the brokers may take for one step, milliseconds. */
const answerWithin = 5_000

/** How long one request may take; less than a step. Milliseconds. */
const requestTimeoutMs = 3_500

/** The pause before the next connection, milliseconds. */
const pause = 250

/** How far a look has come, over all its connections. */
interface Progress {
  stretches: ReadonlyArray<Stretch> | undefined
  /** When something came last, milliseconds of this process. */
  lastSign: number
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
      const progress: Progress = { stretches: undefined, lastSign: performance.now() }
      return Effect.acquireUseRelease(
        Effect.sync(() => makeCluster(clients.open({ main: requestTimeoutMs }))),
        (cluster) => lookOn(cluster, options, see, progress, unpacking),
        (cluster) => Effect.sync(cluster.close)
      ).pipe(
        Effect.retry({
          schedule: Schedule.spaced(pause),
          while: () =>
            performance.now() - progress.lastSign <
            (progress.stretches === undefined ? firstPatience : patience)
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

/** Goes on with the look over one connection. Fails with what the client library says. */
const lookOn = Effect.fnUntraced(function* (
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
      progress.lastSign = performance.now()
    }
  }
})

const ask = <A>(what: () => Promise<A>): Effect.Effect<A, unknown> =>
  Effect.tryPromise({ try: what, catch: (error) => error }).pipe(
    Effect.timeoutOrElse({
      duration: answerWithin,
      orElse: () => Effect.fail(new NoAnswer("no answer in time"))
    })
  )
