/**
 * Handling what was fetched of a partition at a time, batch by batch, each until it has succeeded; what is done is
 * committed behind the last batch, and in between while that takes longer.
 */
import { Effect } from "effect"
import type { Topic } from "../../../contracts/ids.ts"
import { delayAfter, deliver } from "../deliver-batch.ts"
import type { RecordBatch } from "../service.ts"
import { placeOf } from "./cluster.ts"
import { BrokerError } from "./errors.ts"
import { batchesOf, type Fetched } from "./fetched-batches.ts"
import type { Reading } from "./membership.ts"
import type { Skipped } from "./skipped-batches.ts"
import type { FetchedPartition } from "./wire/fetch-response.ts"

/** What is done is committed behind the last batch, and so often while it takes longer, milliseconds. */
const commitIntervalMs = 250

/** How far one partition is handled. */
interface Progress {
  readonly topic: Topic
  readonly partition: number
  /** The offset behind what is done and not committed. */
  done: bigint | undefined
  /** When it was committed last, milliseconds of this process. */
  committedAt: number
}

/** Fails when a batch cannot be read, its offset cannot be committed, or the group has changed. */
export const handleFetched = <E>(
  reading: Reading<E>,
  { topic, partition, highWatermark, messages }: FetchedPartition & { readonly topic: Topic }
): Effect.Effect<void, unknown> => {
  const { positions, membership, generation } = reading
  const name = placeOf(topic, partition)
  const from = positions.get(name) ?? 0n
  const behind = (messages.at(-1)?.last ?? from - 1n) + 1n
  const wanted = messages.filter(({ isControlRecord, last }) => !isControlRecord && last >= from)
  const fetched: Fetched = {
    ...{ topic, partition, highWatermark },
    ...{ fetchedOffset: from.toString(), messages: wanted }
  }
  const progress: Progress = { topic, partition, done: undefined, committedAt: performance.now() }
  let hasSkipped = false
  const skipped = (batch: Skipped): void => {
    hasSkipped = true
    membership.unpacking.skipped(batch)
  }
  const next = batchesOf(fetched, { ...membership.unpacking, skipped })
  return Effect.gen(function* () {
    while (true) {
      const batch = yield* Effect.tryPromise({ try: next, catch: (error) => error })
      // Behind the last record may stand marks of transactions, and batches that are skipped.
      if (batch === undefined) {
        positions.set(name, behind)
        membership.figures?.handled(progress, behind, undefined)
        if (hasSkipped) advance(reading, progress, behind)
        return
      }
      membership.figures?.endsAt(progress, BigInt(batch.end), batch.records[0]?.timestamp)
      for (let tries = 1; ; tries++) {
        if (generation.isOver) return yield* Effect.fail(groupHasChanged)
        if (yield* deliverOnce(reading, batch, progress)) break
        yield* commit(reading, progress)
        yield* delayAfter(tries)
      }
    }
  }).pipe(Effect.onExit(() => commit(reading, progress)))
}

/** Ends the handling of batches when their group generation is over. */
const groupHasChanged = new BrokerError("REBALANCE_IN_PROGRESS", "the group has changed")

/** Delivers once; interruption waits for it. True when the batch is done; fails when its offset could not be committed. */
const deliverOnce = <E>(
  reading: Reading<E>,
  batch: RecordBatch,
  progress: Progress
): Effect.Effect<boolean, unknown> =>
  Effect.uninterruptible(
    Effect.gen(function* () {
      const { handle, handling, onProgress } = reading.membership
      if (!(yield* deliver(handle, batch, handling))) return false
      const last = batch.records.at(-1)
      if (last !== undefined) {
        advance(reading, progress, BigInt(last.offset) + 1n)
        reading.membership.figures?.handled(progress, BigInt(last.offset) + 1n, last.timestamp)
      }
      if (performance.now() - progress.committedAt >= commitIntervalMs) yield* commit(reading, progress)
      onProgress()
      return true
    })
  )

/** Everything before this offset is done. */
const advance = <E>({ membership, positions }: Reading<E>, progress: Progress, next: bigint): void => {
  const name = placeOf(progress.topic, progress.partition)
  positions.set(name, next)
  if (membership.positions === undefined) progress.done = next
  else membership.positions.set(name, next)
}

/** Commits the offset behind what is done, if it is not committed. */
const commit = <E>({ session }: Reading<E>, progress: Progress): Effect.Effect<void, unknown> =>
  Effect.suspend(() => {
    const { done } = progress
    if (done === undefined) return Effect.void
    progress.done = undefined
    progress.committedAt = performance.now()
    return Effect.tryPromise({ try: () => session.commit(progress, done), catch: (error) => error })
  })
