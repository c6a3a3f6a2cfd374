/**
 * What passes between the queue's inbox and its actor: the lines of a batch go in, an account of them comes back. It
 * holds two counts that are made apart from each other, by topic: what the actor read, and what became of it according
 * to the receipt. The queue's ledger gets both, so that a difference between them shows.
 */
import type { ClaimedBatch, TopicCount } from "../../../bridge/ingest-queue/service.ts"
import type { Receipt } from "../../../contracts/batch.ts"
import type { Topic } from "../../../contracts/ids.ts"

/** A batch as the actor gets it. One without lines is no batch: it asks whether the way to the log is free (way.ts). */
export type Lines = Pick<ClaimedBatch, "id" | "digest" | "first" | "claimed" | "lines">

export interface BatchOutcome {
  readonly receipt: Receipt
  /** How many events of each topic the lines held, as the actor read them. */
  readonly received: ReadonlyMap<Topic, number>
}

/** What the ledger gets: `received` as it was read, `stored` as the placements say, `dead` as the rejections say. */
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
