/**
 * "Where is this event?", by its id: in flight, a dead letter, or in the log. An id is given at the claim, so a line
 * that waits has none yet; and a replayed line gets another one.
 */
import { Duration, Effect, Result } from "effect"
import type { EventLog, LogRecord, RecordBatch } from "../../bridge/event-log/service.ts"
import type { EventInFlight, QueueSource } from "../../bridge/ingest-queue/service.ts"
import { Failure } from "../../contracts/failure.ts"
import { type BatchId, splitEventId } from "../../contracts/ids.ts"
import { leaseTime } from "../../contracts/requests.ts"
import type { Topics } from "../transform/topics.ts"
import type { FoundDeadLetter } from "./dead-letters/cursor.ts"
import { findOn } from "./dead-letters/search.ts"

/** A record of the event in the log. */
export interface StoredRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly key: string | undefined
  readonly value: Uint8Array
  /** When it passed each stage, milliseconds since 1970, in order: received, claimed, enriched, sent, logged. */
  readonly times: ReadonlyArray<readonly [stage: string, at: number]>
}

export interface EventLocation {
  readonly id: string
  /** What comes first of the list below; the lists hold all that was found, since one event may be in two places. */
  readonly state: "not an id" | "in flight" | "dead letter" | "stored" | "not found"
  /** The same as a sentence for a person. */
  readonly sentence: string
  readonly underWay: ReadonlyArray<EventInFlight & { readonly queue: string }>
  readonly letters: ReadonlyArray<FoundDeadLetter>
  /** More than one when it was stored again after a lost answer; those of the first five minutes are found. */
  readonly records: ReadonlyArray<StoredRecord>
  /** A sentence for each system that could not be asked, or not to its end. */
  readonly troubles: ReadonlyArray<string>
}

export interface Places {
  readonly sources: ReadonlyArray<QueueSource>
  readonly scan: EventLog["Service"]["scan"]
  readonly topics: Topics
  /** How long to look through the log, milliseconds; without it, to the end. */
  readonly patience?: number | undefined
  /** When the log took it, milliseconds since 1970, where that is known: then much less is looked through. */
  readonly logged?: number | undefined
}

/** Looks in all places side by side. Never fails: what could not be asked is among the troubles. */
export const locateEvent: (id: string, places: Places) => Effect.Effect<EventLocation> = Effect.fnUntraced(
  function* (id, { sources, scan, topics, patience, logged }) {
    const parts = splitEventId(id)
    if (parts === undefined) return nowhere(id, "not an id", notAnId(id))

    const troubles: Array<string> = []
    const asked = <A>(question: Effect.Effect<A, Failure>, address?: string) =>
      Effect.map(Effect.result(question), (outcome) => {
        if (Result.isSuccess(outcome)) return outcome.success
        const { message } = outcome.failure
        troubles.push(address === undefined || message.includes(address) ? message : `${address}: ${message}`)
        return undefined
      })

    const search = searchFor(id)
    const since = Math.max(claimTime(parts.batch) - clockSlack, (logged ?? 0) - soonBefore)
    const inLog = scan({ topics: topics.all, since }, search.see).pipe(
      Effect.timeoutOrElse({
        duration: patience ?? Duration.infinity,
        orElse: () => Effect.fail(impatient(patience ?? 0))
      })
    )
    const [underWay, letters] = yield* Effect.all(
      [
        Effect.forEach(
          sources,
          ({ dependency, find }) =>
            Effect.map(asked(find(parts.batch, parts.index), dependency.address), (event) =>
              event === undefined ? [] : [{ ...event, queue: dependency.address }]
            ),
          { concurrency: "unbounded" }
        ),
        Effect.forEach(sources, (source) => asked(findOn(source, id), source.dependency.address), {
          concurrency: "unbounded"
        }),
        asked(inLog)
      ],
      { concurrency: "unbounded" }
    )
    return told({
      id,
      underWay: underWay.flat(),
      letters: letters.filter((letter) => letter !== undefined),
      records: search.records,
      troubles
    })
  }
)

/** Clocks of the machines may differ by this much, milliseconds: the id has the drainer's time, the log another's. */
const clockSlack = 120_000

/** A record that is known may not be the first of its event; one that came so shortly before, milliseconds, is found too. */
const soonBefore = 10_000

/** How long after the first record of an event another is looked for, milliseconds. */
const resendTime = 10 * leaseTime

/** When the claim was made that gave a batch its id, milliseconds since 1970. */
const claimTime = (batch: BatchId): number => Number.parseInt(batch.slice(0, 12), 16)

/**
 * What to do with each batch that is read. Resends of a batch land in the partition of the first, so others are passed
 * by once there is one.
 */
const searchFor = (id: string) => {
  const records: Array<StoredRecord> = []
  let first: { readonly topic: string; readonly partition: number; readonly at: number } | undefined
  const see = ({ topic, partition, records: some, end }: RecordBatch): boolean => {
    if (first !== undefined && (first.topic !== topic || first.partition !== partition)) return false
    for (const record of some) {
      if (record.headers.id !== id) continue
      first ??= { topic, partition, at: record.timestamp }
      records.push(storedRecord(topic, partition, record))
    }
    const last = some.at(-1)
    if (first === undefined || last === undefined) return false
    return last.timestamp > first.at + resendTime || BigInt(last.offset) + 1n >= BigInt(end)
  }
  return { see, records }
}

const stages = ["received", "claimed", "enriched", "sent"] as const

const storedRecord = (topic: string, partition: number, record: LogRecord): StoredRecord => {
  const { offset, key, value, headers, timestamp } = record
  const times = stages.flatMap((stage) => {
    const at = Number(headers[stage] ?? Number.NaN)
    return Number.isFinite(at) ? [[stage, at] as const] : []
  })
  return { topic, partition, offset, key, value: value.slice(), times: [...times, ["logged", timestamp]] }
}

const impatient = (patience: number): Failure =>
  new Failure({
    reason: "timeout",
    message: `The log was looked through for ${Math.round(patience / 1000)} seconds, and not to its end.`
  })

const nowhere = (id: string, state: EventLocation["state"], sentence: string): EventLocation => ({
  id,
  state,
  sentence,
  underWay: [],
  letters: [],
  records: [],
  troubles: []
})

const notAnId = (id: string): string =>
  id.startsWith("raw-")
    ? "This is a dead letter that is not of Spoor's making, so it has no event id: look for it among the dead letters."
    : "This is no event id. One is 32 hex digits, a dash and a number, as it stands in the header `id` of a record and in a dead letter."

type Found = Omit<EventLocation, "state" | "sentence">

const told = (found: Found): EventLocation => {
  const { underWay, letters, records, troubles } = found
  const [event] = underWay
  const [letter] = letters
  const [record] = records
  if (event !== undefined) {
    const lease = event.isClaimed ? "claimed until" : "nobody has it now; it may be claimed from"
    return {
      ...found,
      state: "in flight",
      sentence: `In flight on ${event.queue}: ${lease} ${timeText(event.until)}, ${attemptsText(event.attempts)}.${record === undefined ? "" : " The log has it already, and it is about to leave the queue or to be sent again."}`
    }
  }
  if (letter !== undefined) {
    const { reason, stage } = letter.letter ?? {}
    return {
      ...found,
      state: "dead letter",
      sentence: `A dead letter on ${letter.queue}: "${reason}", said the ${stage}.`
    }
  }
  if (record !== undefined) {
    const more = records.length === 1 ? "" : `, and ${records.length - 1} more of the same`
    return {
      ...found,
      state: "stored",
      sentence: `In the log: topic ${record.topic}, partition ${record.partition}, offset ${record.offset}${more}.`
    }
  }
  const where = troubles.length === 0 ? everywhere : "Not found, but not every place could be asked."
  return { ...found, state: "not found", sentence: `${where} ${reasons}` }
}

const everywhere = "Not in flight, not among the dead letters and not in the log."
const reasons =
  "A line that waits has no id yet; a dead letter that was replayed has another id now, and one that was discarded is gone; the log forgets records after its retention."

const attemptsText = (attempts: number): string =>
  attempts === 0 ? "no failed attempt" : attempts === 1 ? "one failed attempt" : `${attempts} failed attempts`

/** A time in the sentences about an event. */
export const timeText = (at: number): string =>
  `${new Date(at).toISOString().replace("T", " ").slice(0, 19)} UTC`
