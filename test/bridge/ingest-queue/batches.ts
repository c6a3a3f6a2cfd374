/** Fixtures of the tests of the ledger and of dead letters: claims, counts, dead letters, and the check of the ledger's balance. */
import { expect } from "bun:test"
import { Effect } from "effect"
import type {
  ClaimedBatch,
  ClaimLimits,
  QueueLedger,
  QueueSource,
  TopicCount,
  TopicTotals
} from "../../../bridge/ingest-queue/service.ts"
import type { Placement } from "../../../contracts/batch.ts"
import type { DeadLetter } from "../../../contracts/dead-letter.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { eventId, newClaimId, type Topic } from "../../../contracts/ids.ts"

export const events = "events" as Topic
export const hour: ClaimLimits = { maxEvents: 1000, maxBytes: 512 * 1024, lease: 3_600_000 }
export const ended: ClaimLimits = { ...hour, lease: 0 }
export const bytes = (...lines: ReadonlyArray<string>): ReadonlyArray<ByteString> =>
  lines as ReadonlyArray<ByteString>
export const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> => Effect.runPromise(effect)

export const claim = (source: QueueSource, limits = hour, id = newClaimId()): Promise<ClaimedBatch> =>
  run(source.claim(id, limits)).then((batch) => {
    if (batch === undefined) throw new Error("No batch could be claimed.")
    return batch
  })

/** All lines stored except for the last `dead`. */
export const counts = (batch: ClaimedBatch, dead = 0, topic = events): ReadonlyArray<TopicCount> => [
  { topic, received: batch.lines.length, stored: batch.lines.length - dead, dead }
]

/** Dead letters for the last `dead` lines of a batch. */
export const deadLettersOf = (batch: ClaimedBatch, dead: number, topic = events): ReadonlyArray<DeadLetter> =>
  batch.lines.slice(batch.lines.length - dead).map((line, i) => ({
    v: 1,
    id: eventId(batch.id, batch.first + batch.lines.length - dead + i),
    reason: "no path",
    stage: "drainer",
    topic,
    attempts: batch.attempts + 1,
    first: batch.claimed,
    last: batch.claimed + 1,
    line: Uint8Array.from(line, (char) => char.charCodeAt(0))
  }))

/** An end of the log that is after all batches of a test. */
let end = 0

/** Placements for the records of a batch, of which the last `dead` lines were rejected. */
export const placed = (batch: ClaimedBatch, dead = 0, topic = events): ReadonlyArray<Placement> => {
  const count = batch.lines.length - dead
  end += count
  return [{ topic, partition: 0, offset: String(end - count), count, at: batch.claimed }]
}

export const deadLetter = (batch: ClaimedBatch, dead: number, topic = events): Promise<boolean> =>
  run(
    batch.deadLetter(
      deadLettersOf(batch, dead, topic),
      counts(batch, dead, topic),
      dead < batch.lines.length ? placed(batch, dead, topic) : []
    )
  )

export const account = (topic: Topic, some: Partial<TopicTotals>): TopicTotals => ({
  topic,
  received: 0,
  stored: 0,
  dead: 0,
  replayed: 0,
  discarded: 0,
  ...some
})

const sum = (ledger: QueueLedger, kind: Exclude<keyof TopicTotals, "topic" | "forwarded">): number =>
  ledger.topics.reduce((total, topic) => total + topic[kind], 0)

/**
 * The ledger, checked for balance. `buried`: the number of foreign texts that were added to the dead-letter list. The ledger
 * balances also during concurrent use of `source`, because it is an atomic snapshot.
 */
export const booksOf = async (source: QueueSource, buried = 0, lines = 0): Promise<QueueLedger> => {
  const ledger = await run(source.ledger(lines))
  expect({ taken: ledger.taken }).toEqual({ taken: sum(ledger, "received") + ledger.inFlight })
  expect({ received: sum(ledger, "received") }).toEqual({
    received: sum(ledger, "stored") + sum(ledger, "dead")
  })
  expect({ dead: sum(ledger, "dead") + buried }).toEqual({
    dead: ledger.deadLetters + sum(ledger, "replayed") + sum(ledger, "discarded") + ledger.foreignGone
  })
  return ledger
}
