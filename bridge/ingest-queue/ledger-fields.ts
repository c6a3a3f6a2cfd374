/**
 * The fields of a queue's ledger, and the totals made of them: the same in every implementation. A field's name is `since`,
 * `taken`, `pushed`, `foreign-gone`, or `<kind>:<topic>`.
 */
import { forwardedPartition, type Placement } from "../../contracts/batch.ts"
import type { Topic } from "../../contracts/ids.ts"
import type { QueueLedger, StoredDeadLetter, TopicCount, TopicTotals } from "./service.ts"

/** An addition of `by` to the field `name`. */
export interface Entry {
  readonly name: string
  readonly by: number
}

const counted = ["received", "stored", "dead"] as const
const totalled = [...counted, "replayed", "discarded", "forwarded"] as const

/** The additions of a settled batch. */
export const entriesOf = (counts: ReadonlyArray<TopicCount>): ReadonlyArray<Entry> =>
  counts.flatMap((count) =>
    counted
      .filter((kind) => count[kind] !== 0)
      .map((kind) => ({ name: `${kind}:${count.topic}`, by: count[kind] }))
  )

/** The additions of the lines among them that were forwarded to a centre. */
export const forwardedOf = (placements: ReadonlyArray<Placement>): ReadonlyArray<Entry> =>
  placements
    .filter(({ partition }) => partition === forwardedPartition)
    .map(({ topic, count }) => ({ name: `forwarded:${topic}`, by: count }))

/** How long placements of acknowledged lines are remembered, milliseconds: longer than a bridge replies with a cached receipt. */
export const placementMemoryMs = 600_000

export interface NamedPlacement {
  readonly name: string
  readonly entry: Entry
}

/**
 * The placements of a receipt, each with a unique name and its addition to the ledger. The queue remembers the names: a
 * placement that acknowledges lines for the second time adds nothing, so that lines without a record of their own appear
 * as received but not stored.
 */
export const placementsOf = (placements: ReadonlyArray<Placement>): ReadonlyArray<NamedPlacement> =>
  placements.map(({ topic, partition, offset, count, at }) => ({
    name: `${topic} ${partition} ${offset} ${count} ${at}`,
    entry: { name: `stored:${topic}`, by: count }
  }))

/** The field of a dead letter that leaves the list: of its topic, or of entries that other programs wrote. */
export const goneName = (letter: StoredDeadLetter, kind: "replayed" | "discarded"): string =>
  letter.letter === undefined ? "foreign-gone" : `${kind}:${letter.letter.topic}`

/**
 * The ledger from its fields and the content of the queue at the same moment. Before the first claim nothing has been
 * counted, so that only the lines in flight have been taken.
 */
export const ledgerOf = (
  fields: ReadonlyMap<string, number>,
  content: Omit<QueueLedger, "since" | "pushed" | "taken" | "topics" | "foreignGone">
): QueueLedger => {
  const since = fields.get("since")
  return {
    since,
    pushed: fields.get("pushed") ?? 0,
    taken: since === undefined ? content.inFlight : (fields.get("taken") ?? 0),
    topics: topicsOf(fields),
    foreignGone: fields.get("foreign-gone") ?? 0,
    ...content
  }
}

const topicsOf = (fields: ReadonlyMap<string, number>): ReadonlyArray<TopicTotals> => {
  const names = [...fields.keys()].filter((name) => name.includes(":"))
  const topics = new Set(names.map((name) => name.slice(name.indexOf(":") + 1) as Topic))
  return [...topics].sort().map((topic) => {
    const [received = 0, stored = 0, dead = 0, replayed = 0, discarded = 0, forwarded = 0] = totalled.map(
      (kind) => fields.get(`${kind}:${topic}`) ?? 0
    )
    const totals = { topic, received, stored, dead, replayed, discarded }
    return forwarded === 0 ? totals : { ...totals, forwarded }
  })
}
