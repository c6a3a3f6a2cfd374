/**
 * Which batches failed lately, so that those which fail while others succeed come back less and less often, and
 * cannot keep all the others waiting. An outage, where nothing succeeds, does not count against any batch. Also which
 * of them were met with silence, and so are suspect (verdict.ts).
 */
import { boundedMap } from "../../../bridge/bounded-cache.ts"
import type { ClaimedBatch } from "../../../bridge/ingest-queue/service.ts"

/** Pauses of a batch that fails again and again double from the first to the second, milliseconds. */
const firstPause = 1_000
const longestPause = 60_000

/** Batches that are remembered at least; one that is forgotten only comes back sooner. */
const remembered = 10_000

export interface FailureHistory {
  /** The batch failed; how long it should be left alone, milliseconds. 0 when it may just be the surroundings. */
  readonly failed: (batch: Piece, isSilence?: boolean) => number
  /** Was it met with silence before? */
  readonly wasSilent: (batch: Piece) => boolean
  /** The batch is done. */
  readonly succeeded: (batch: Piece) => void
}

/** What tells a batch, or a piece of one, from all others. */
type Piece = Pick<ClaimedBatch, "id" | "first" | "lines">

const nameOf = ({ id, first, lines }: Piece): string => `${id} ${first} ${lines.length}`

export const makeFailureHistory = (): FailureHistory => {
  const batches = boundedMap<string, { times: number; since: number; wasSilent: boolean }>(remembered)
  let successes = 0
  return {
    failed: (batch, isSilence = false) => {
      const id = nameOf(batch)
      const before = batches.get(id)
      const isAlone = before !== undefined && successes > before.since
      const times = (before?.times ?? 0) + (isAlone ? 1 : 0)
      batches.set(id, { times, since: successes, wasSilent: isSilence || before?.wasSilent === true })
      return times === 0 ? 0 : Math.min(longestPause, firstPause * 2 ** (times - 1))
    },
    wasSilent: (batch) => batches.get(nameOf(batch))?.wasSilent === true,
    succeeded: (batch) => {
      successes += 1
      batches.delete(nameOf(batch))
    }
  }
}
