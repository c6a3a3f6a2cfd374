/**
 * Batches of records that no reader can have: unpacked they are larger than KAFKA_MAX_UNPACKED, or they are not what
 * their heads say though they came as they were written. They are skipped, so that reading goes on behind them; each is
 * counted and logged once in a process. Lives as long as the log.
 */
import { type Context, Effect, Metric } from "effect"
import { maxUnpacked } from "./wire/decompress.ts"

export interface Skipped {
  readonly topic: string
  readonly partition: number
  /** The offsets of its first and last record. */
  readonly first: bigint
  readonly last: bigint
  readonly why: string
}

/** At most so many bytes of a batch are decompressed; `skipped` is called for each batch that is skipped. */
export interface Unpacking {
  readonly limit: number
  readonly skipped: (batch: Skipped) => void
}

/** Reports nothing. */
export const quietUnpacking: Unpacking = { limit: maxUnpacked, skipped: () => {} }

const count = Metric.counter("spoor_log_skipped_batches_total", {
  description: "Batches of records that readers skipped, since unpacked they are too large or broken.",
  incremental: true
})

/** Exports the counter of each topic, from 0. */
export const declareSkipped = (topics: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.forEach(topics, (topic) => Metric.update(Metric.withAttributes(count, { topic }), 0), {
    discard: true
  })

/** At most so many places are remembered; a batch that is skipped again after that is reported again. */
const remembered = 1_000

/** `context` keeps the metrics and the log. */
export const makeUnpacking = (context: Context.Context<never>, limit: number): Unpacking => {
  const log = Effect.runForkWith(context)
  const known = new Set<string>()
  return {
    limit,
    skipped: ({ topic, partition, first, last, why }) => {
      const name = `${partition} ${last} ${topic}`
      if (known.has(name)) return
      if (known.size >= remembered) known.clear()
      known.add(name)
      Metric.withAttributes(count, { topic }).updateUnsafe(1, context)
      const where = `${topic} ${partition}, offsets ${first < 0n ? "up to" : `${first} to`} ${last}`
      void log(Effect.logWarning(`A batch of records is skipped, nobody reads it (${where}): ${why}`))
    }
  }
}
