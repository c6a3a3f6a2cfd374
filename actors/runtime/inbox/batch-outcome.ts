/**
 * The messages between the queue's inbox and its actor: the inbox delivers the lines of a batch, the actor returns the outcome.
 * An outcome counts the events of each topic twice, independently: as the actor read the lines, and as the receipt
 * accounts for them. The queue's ledger stores both, so that a difference is visible.
 */
import type { ClaimedBatch, TopicCount } from "../../../bridge/ingest-queue/service.ts"
import type { Receipt } from "../../../contracts/batch.ts"
import type { Topic } from "../../../contracts/ids.ts"

/** A batch as the actor receives it. A batch without lines is a probe of the path to the log (downstream-probe.ts). */
export type Lines = Pick<ClaimedBatch, "id" | "digest" | "first" | "claimed" | "lines">

/** What became of the lines of a batch: the answer to the inbox `claims`. */
export interface BatchOutcome {
  readonly receipt: Receipt
  /** The number of events of each topic, as the actor read the lines. */
  readonly received: ReadonlyMap<Topic, number>
}

/** The ledger's counts by topic: `received` as read, `stored` from the placements, `dead` from the rejections. */
export const countsOf = ({ receipt, received }: BatchOutcome): ReadonlyArray<TopicCount> => {
  const counts = new Map<Topic, { topic: Topic; received: number; stored: number; dead: number }>()
  const of = (topic: Topic) => {
    const known = counts.get(topic) ?? { topic, received: 0, stored: 0, dead: 0 }
    if (!counts.has(topic)) counts.set(topic, known)
    return known
  }
  for (const [topic, count] of received) of(topic).received += count
  for (const { topic, count } of receipt.placements) of(topic).stored += count
  for (const { topic } of receipt.rejected) of(topic).dead += 1
  return [...counts.values()]
}
