/**
 * A cache of receipts: of the batches a bridge is storing and of those it stored recently. When a part of a batch is sent
 * again with the same lines, because its receipt was lost or late, the cached or pending receipt answers it and nothing is
 * stored twice. It only avoids duplicates; correctness does not depend on it. Lives as long as the bridge.
 */
import { Clock, Deferred, Effect, Exit } from "effect"
import type { EnrichedBatch, Receipt } from "../../contracts/batch.ts"
import { Failure } from "../../contracts/failure.ts"
import type { Topic } from "../../contracts/ids.ts"

/** The maximum number of receipts, and how long one is kept, milliseconds. */
export const maxCachedReceipts = 10_000
export const receiptTtlMs = 5 * 60_000

type Stores = Effect.Effect<Receipt, Failure>

/**
 * Makes a function that stores a part of a batch with `store`, unless that part is being stored or was stored recently. A
 * failure reaches everyone who waits for it and is not cached.
 */
export const makeReceiptCache = (maxReceipts = maxCachedReceipts) => {
  /** In order of insertion. */
  const done = new Map<string, { readonly receipt: Receipt; readonly until: number }>()
  const inFlight = new Map<string, Deferred.Deferred<Receipt, Failure>>()

  const remember = (name: string, receipt: Receipt, now: number): void => {
    done.set(name, { receipt, until: now + receiptTtlMs })
    for (const [oldest, { until }] of done) {
      if (done.size <= maxReceipts && until > now) return
      done.delete(oldest)
    }
  }

  const begin = (name: string, store: Stores): Stores => {
    const receipt = Deferred.makeUnsafe<Receipt, Failure>()
    inFlight.set(name, receipt)
    return Effect.onExit(store, (exit) =>
      Effect.gen(function* () {
        inFlight.delete(name)
        if (Exit.isSuccess(exit)) remember(name, exit.value, yield* Clock.currentTimeMillis)
        yield* Deferred.done(receipt, Exit.hasInterrupts(exit) ? Exit.fail(stopped) : exit)
      })
    )
  }

  return Effect.fnUntraced(function* (batch: EnrichedBatch, store: Stores) {
    const name = nameOf(batch)
    const before = done.get(name)
    if (before !== undefined && before.until > (yield* Clock.currentTimeMillis)) return before.receipt
    const first = inFlight.get(name)
    return yield* first === undefined ? begin(name, store) : Deferred.await(first)
  })
}

const stopped = new Failure({ reason: "timeout", message: "the bridge stopped while it stored this batch" })

/**
 * The cache key: the batch's id, the digest of its lines, and the places of exactly these events, as runs by topic:
 * `<id> <digest> events:0-4,6-999 searches:5-5`. Lines with another digest are stored even under the same id. The topics
 * are part of the key, since a drainer with other settings sends the same events to other topics.
 */
const nameOf = ({ id, digest, events }: EnrichedBatch): string => {
  const runs = new Map<Topic, { places: string; last: number }>()
  for (const { index, topic } of events) {
    const run = runs.get(topic)
    if (run === undefined) {
      runs.set(topic, { places: `${index}`, last: index })
      continue
    }
    if (index !== run.last + 1) run.places += `-${run.last},${index}`
    run.last = index
  }
  return [id, digest, ...Array.from(runs, ([topic, { places, last }]) => `${topic}:${places}-${last}`)].join(
    " "
  )
}
