/**
 * Which batches failed lately, so that those which fail while others succeed come back less and less often, and
 * cannot keep all the others waiting. An outage, where nothing succeeds, does not count against any batch.
 */
import type { BatchId } from "../../../contracts/ids.ts"

/** Pauses of a batch that fails again and again double from the first to the second, milliseconds. */
const firstPause = 1_000
const longestPause = 60_000

/** So many batches are remembered; beyond that all are forgotten, which only brings them back sooner. */
const remembered = 10_000

export interface Troubles {
  /** The batch failed; how long it should be left alone, milliseconds. 0 when it may just be the surroundings. */
  readonly failed: (id: BatchId) => number
  /** The batch is done. */
  readonly succeeded: (id: BatchId) => void
}

export const makeTroubles = (): Troubles => {
  const batches = new Map<BatchId, { times: number; since: number }>()
  let successes = 0
  return {
    failed: (id) => {
      const before = batches.get(id)
      const isAlone = before !== undefined && successes > before.since
      const times = (before?.times ?? 0) + (isAlone ? 1 : 0)
      if (batches.size >= remembered) batches.clear()
      batches.set(id, { times, since: successes })
      return times === 0 ? 0 : Math.min(longestPause, firstPause * 2 ** (times - 1))
    },
    succeeded: (id) => {
      successes += 1
      batches.delete(id)
    }
  }
}
