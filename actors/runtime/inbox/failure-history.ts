/**
 * The batches that failed recently, so that a batch that fails while others succeed is retried less and less often and
 * cannot hold up the others. In an outage nothing succeeds, so it adds no pause to any batch. Also records the batches
 * without an answer, which makes them poison candidates (retry-policy.ts). Lives as long as its inbox.
 */
import { boundedMap } from "../../../bridge/bounded-cache.ts"
import type { ClaimedBatch } from "../../../bridge/ingest-queue/service.ts"

/** The pause of a batch that keeps failing doubles from the first value to the second, milliseconds. */
const firstPauseMs = 1_000
const maxPauseMs = 60_000

/** At least this many batches are remembered; a forgotten batch is only retried sooner. */
const maxBatches = 10_000

export interface FailureHistory {
  /** Records a failure. Returns how long to leave the batch alone, milliseconds; 0 when the cause may be an outage. */
  readonly failed: (batch: BatchPart, isNoAnswer?: boolean) => number
  /** Whether the batch had no answer before. */
  readonly hadNoAnswer: (batch: BatchPart) => boolean
  /** Forgets the batch. */
  readonly succeeded: (batch: BatchPart) => void
}

/** What identifies a batch, or a part of a split one. */
type BatchPart = Pick<ClaimedBatch, "id" | "first" | "lines">

const nameOf = ({ id, first, lines }: BatchPart): string => `${id} ${first} ${lines.length}`

export const makeFailureHistory = (): FailureHistory => {
  const batches = boundedMap<
    string,
    { readonly failures: number; readonly successesBefore: number; readonly hadNoAnswer: boolean }
  >(maxBatches)
  let successes = 0
  return {
    failed: (batch, isNoAnswer = false) => {
      const name = nameOf(batch)
      const before = batches.get(name)
      const othersSucceeded = before !== undefined && successes > before.successesBefore
      const failures = (before?.failures ?? 0) + (othersSucceeded ? 1 : 0)
      batches.set(name, {
        failures,
        successesBefore: successes,
        hadNoAnswer: isNoAnswer || before?.hadNoAnswer === true
      })
      return failures === 0 ? 0 : Math.min(maxPauseMs, firstPauseMs * 2 ** (failures - 1))
    },
    hadNoAnswer: (batch) => batches.get(nameOf(batch))?.hadNoAnswer === true,
    succeeded: (batch) => {
      successes += 1
      batches.delete(nameOf(batch))
    }
  }
}
