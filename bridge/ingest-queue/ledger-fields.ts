/**
 * What the ledger of a queue counts, under which names, and how they read as accounts: the same in every implementation.
 * A name is `since`, `taken`, `pushed`, `foreign-gone`, or `<kind>:<topic>`.
 */
import type { Placement } from "../../contracts/batch.ts"
import type { Topic } from "../../contracts/ids.ts"
import type { QueueLedger, StoredDeadLetter, TopicCount, TopicTotals } from "./service.ts"

/** To add `by` to what stands under `name`. */
export interface Entry {
  readonly name: string
  readonly by: number
}

const counted = ["received", "stored", "dead"] as const
const accounted = [...counted, "replayed", "discarded"] as const

/** What a batch adds when it is let go. */
export const entriesOf = (counts: ReadonlyArray<TopicCount>): ReadonlyArray<Entry> =>
  counts.flatMap((count) =>
    counted
      .filter((kind) => count[kind] !== 0)
      .map((kind) => ({ name: `${kind}:${count.topic}`, by: count[kind] }))
  )

/** How long the placements of lines that were let go are known, milliseconds: longer than a bridge answers with an old receipt. */
export const placementMemory = 600_000

export interface NamedPlacement {
  readonly name: string
  readonly entry: Entry
}

/**
 * The placements of a receipt, each with a name for good and with what it adds to the ledger. The queue remembers the
 * names: a placement that lets lines go for the second time adds nothing, so that lines without a record of their own
 * show as received and not stored.
 */
export const placementsOf = (placements: ReadonlyArray<Placement>): ReadonlyArray<NamedPlacement> =>
  placements.map(({ topic, partition, offset, count, at }) => ({
    name: `${topic} ${partition} ${offset} ${count} ${at}`,
    entry: { name: `stored:${topic}`, by: count }
  }))

/** Where a letter that leaves the list is counted: with its topic, or with those of another's making. */
export const goneName = (letter: StoredDeadLetter, kind: "replayed" | "discarded"): string =>
  letter.letter === undefined ? "foreign-gone" : `${kind}:${letter.letter.topic}`

/**
 * The accounts, of what was counted and what the queue holds at the same moment. Before the first claim under a ledger
 * it has counted nothing, so that only what is in flight already has been taken.
 */
export const ledgerOf = (
  fields: ReadonlyMap<string, number>,
  held: Pick<QueueLedger, "waiting" | "inFlight" | "oldestInFlight" | "deadLetters" | "lines">
): QueueLedger => {
  const since = fields.get("since")
  return {
    since,
    pushed: fields.get("pushed") ?? 0,
    taken: since === undefined ? held.inFlight : (fields.get("taken") ?? 0),
    topics: topicsOf(fields),
    foreignGone: fields.get("foreign-gone") ?? 0,
    ...held
  }
}

const topicsOf = (fields: ReadonlyMap<string, number>): ReadonlyArray<TopicTotals> => {
  const names = [...fields.keys()].filter((name) => name.includes(":"))
  const topics = new Set(names.map((name) => name.slice(name.indexOf(":") + 1) as Topic))
  return [...topics].sort().map((topic) => {
    const [received = 0, stored = 0, dead = 0, replayed = 0, discarded = 0] = accounted.map(
      (kind) => fields.get(`${kind}:${topic}`) ?? 0
    )
    return { topic, received, stored, dead, replayed, discarded }
  })
}
