/**
 * The receipts of what a bridge stores and has stored lately. When the same part of a batch comes again, with the very
 * same lines, because its receipt was lost on the way or came too late, it is answered with the receipt that there is, or will be, instead of
 * being stored twice. It saves duplicates; nothing depends on it. Lives as long as the actor.
 */
import { Clock, Deferred, Effect, Exit } from "effect"
import type { EnrichedBatch, Receipt } from "../../contracts/batch.ts"
import { Failure } from "../../contracts/failure.ts"
import type { Topic } from "../../contracts/ids.ts"

/** So many receipts at most, and for how long, milliseconds. */
export const maxCachedReceipts = 10_000
export const receiptTtlMs = 5 * 60_000

type Stores = Effect.Effect<Receipt, Failure>

/**
 * A function that stores a part of a batch with `store` unless that is under way or was done lately. A failure is told
 * to all who wait for it and not remembered.
 */
export const makeReceiptCache = (atMost = maxCachedReceipts) => {
  /** In the order in which they came. */
  const done = new Map<string, { readonly receipt: Receipt; readonly until: number }>()
  const underWay = new Map<string, Deferred.Deferred<Receipt, Failure>>()

  const remember = (name: string, receipt: Receipt, now: number): void => {
    done.set(name, { receipt, until: now + receiptTtlMs })
    for (const [oldest, { until }] of done) {
      if (done.size <= atMost && until > now) return
      done.delete(oldest)
    }
  }

  const begin = (name: string, store: Stores): Stores => {
    const receipt = Deferred.makeUnsafe<Receipt, Failure>()
    underWay.set(name, receipt)
    return Effect.onExit(store, (exit) =>
      Effect.gen(function* () {
        underWay.delete(name)
        if (Exit.isSuccess(exit)) remember(name, exit.value, yield* Clock.currentTimeMillis)
        yield* Deferred.done(receipt, Exit.hasInterrupts(exit) ? Exit.fail(stopped) : exit)
      })
    )
  }

  return Effect.fnUntraced(function* (batch: EnrichedBatch, store: Stores) {
    const name = nameOf(batch)
    const before = done.get(name)
    if (before !== undefined && before.until > (yield* Clock.currentTimeMillis)) return before.receipt
    const first = underWay.get(name)
    return yield* first === undefined ? begin(name, store) : Deferred.await(first)
  })
}

const stopped = new Failure({ reason: "timeout", message: "the bridge stopped while it stored this" })

/**
 * The batch's id, the digest of its lines, and the places of exactly these events, as runs by topic:
 * `<id> <digest> events:0-4,6-999 searches:5-5`. Lines of another digest are stored, whatever id they come under. The
 * topics belong to it, since a drainer with other settings sends the same events elsewhere.
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
