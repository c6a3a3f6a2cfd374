/**
 * Exports the figures of the queues and of their ledger. Of all drainers of a queue one does, so that a sum over all copies
 * is right: the one that holds the figures' lease, which is in the queue itself. The others export 0 and ask for the lease
 * every few seconds, so one of them takes over when the holder ends. Lives as long as one run of the drainer.
 *
 * Asking is one small command. The ledger is read only when the queue has changed since. A figure that fails stops nothing:
 * it is counted, and logged once if the queue is otherwise reachable (an unreachable one has its own line in the log).
 */
import { Effect, Metric } from "effect"
import { IngestQueue, type QueueSource } from "../../bridge/ingest-queue/service.ts"
import { makeLogOnce } from "../../bridge/log-once.ts"
import { Failure } from "../../contracts/failure.ts"
import { maxLinesRead } from "../inspect/ledger/read-ledger.ts"
import { Self } from "../runtime/actor-context.ts"
import { queueNames } from "../runtime/inbox/queue-counters.ts"
import { monotonicMillis } from "../runtime/monotonic-clock.ts"
import type { Topics } from "../transform/topics.ts"
import {
  type QueueMemory,
  type QueueReading,
  type QueueSeries,
  queueSeries,
  readingOf
} from "./queue-series.ts"

/** The time between two readings of the holder, and between two tries of another drainer to become it, milliseconds. */
const [readIntervalMs, askIntervalMs] = [5_000, 2_500]

/** The duration of the lease, milliseconds. When the holder is killed, another drainer has taken over 2.5 s after it. */
const leaseMs = 9_000

/** The time for one reading, milliseconds. */
const readTimeoutMs = 4_000

const failures = Metric.counter("spoor_queue_figures_failures_total", {
  description: "Readings of a queue's figures that failed. They are read again after 5 seconds.",
  incremental: true
})

/** What the holder knows. Times are of the monotonic clock, milliseconds. */
interface Held {
  readonly reading: QueueReading
  readonly memory: QueueMemory
  readonly revision: string
  readonly readAt: number
  /** The lease may be another's from then on. */
  readonly until: number
}

/** Exports the figures until the scope closes, and then gives up the lease. Never fails. */
export const exportQueueFigures = Effect.fnUntraced(function* (topics: Topics) {
  const { sources } = yield* IngestQueue
  const { health } = yield* Self
  const registry = yield* Effect.context<never>()
  const holder = crypto.randomUUID()
  for (const [i, queue] of queueNames(sources).entries()) {
    const source = sources[i]
    if (source === undefined) continue
    const figures = figuresOf(source, holder, queueSeries(queue, topics, registry), topics)
    const counter = Metric.withAttributes(failures, { queue })
    yield* Metric.update(counter, 0)
    const stopRefreshing = health.addFigures(figures.refresh)
    yield* Effect.addFinalizer(() => Effect.andThen(stopRefreshing, figures.release))
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(figures.read(counter), figures.pause)))
  }
})

const figuresOf = (source: QueueSource, holder: string, series: QueueSeries, topics: Topics) => {
  const troubles = makeLogOnce()
  let held: Held | undefined

  const show = (now: number): void => {
    if (held !== undefined && now >= held.until) held = undefined
    if (held === undefined) series.clear()
    else series.show(held.reading, held.memory, now - held.readAt)
  }
  const refresh = Effect.map(monotonicMillis, show)

  const readOnce = Effect.gen(function* () {
    const askedAt = yield* monotonicMillis
    const lease = yield* source.figures.hold(holder, leaseMs)
    if (lease === undefined) {
      held = undefined
      return
    }
    const { revision, ...memory } = lease
    const known = held?.revision === revision ? held : undefined
    // With a single topic every line belongs to it, and none must be read.
    const lines = topics.all.length === 1 ? 0 : maxLinesRead
    const reading = known?.reading ?? readingOf(yield* source.ledger(lines), topics)
    const readAt = known?.readAt ?? (yield* monotonicMillis)
    held = { reading, memory, revision, readAt, until: askedAt + leaseMs }
  })

  const read = (counter: Metric.Counter<number>): Effect.Effect<void> =>
    readOnce.pipe(
      Effect.timeoutOrElse({ duration: readTimeoutMs, orElse: () => Effect.fail(late(source)) }),
      Effect.tap(() => Effect.sync(troubles.worked)),
      Effect.catch(({ message }) =>
        Effect.gen(function* () {
          yield* Metric.update(counter, 1)
          if ((yield* Effect.exit(source.dependency.check))._tag === "Failure" || !troubles.isNew(message))
            return
          yield* Effect.logWarning(
            `The figures of a queue cannot be read, it is drained all the same: ${message}`
          )
        })
      ),
      Effect.catchDefect((defect) => Effect.logError("Reading the figures of a queue crashed", defect)),
      Effect.andThen(refresh)
    )

  const release = Effect.gen(function* () {
    const isHolder = held !== undefined
    held = undefined
    series.clear()
    if (isHolder) yield* Effect.ignore(Effect.timeout(source.figures.release(holder), "1 second"))
  })

  const pause = Effect.suspend(() => Effect.sleep(held === undefined ? askIntervalMs : readIntervalMs))

  return { read, pause, refresh, release }
}

const late = ({ dependency: { address } }: QueueSource): Failure =>
  new Failure({ reason: "timeout", message: `${address} did not return its figures in time.` })
