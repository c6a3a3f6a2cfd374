/**
 * Locates an event by its id: in flight, among the dead letters, or in the log. Events get their ids when they are
 * claimed, so a waiting line has none yet, and a replayed line gets a new one. Keeps no state.
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
  /** The first of the lists below that is not empty; an event may be in two places. */
  readonly state: "not an id" | "in flight" | "dead letter" | "stored" | "not found"
  /** The same as a sentence for people. */
  readonly sentence: string
  readonly underWay: ReadonlyArray<EventInFlight & { readonly queue: string }>
  readonly letters: ReadonlyArray<FoundDeadLetter>
  /** More than one if it was stored again after a lost answer; those within the first five minutes are found. */
  readonly records: ReadonlyArray<StoredRecord>
  /** A sentence for each system that could not be searched, or not completely. */
  readonly troubles: ReadonlyArray<string>
}

export interface Places {
  readonly sources: ReadonlyArray<QueueSource>
  readonly scan: EventLog["Service"]["scan"]
  readonly topics: Topics
  /** How long to search the log, milliseconds; default: to its end. */
  readonly timeoutMs?: number | undefined
  /** When the log stored it, milliseconds since 1970, if known: the search then covers much less. */
  readonly logged?: number | undefined
}

/** Searches all places concurrently. Never fails: an error of a system becomes a sentence in `troubles`. */
export const locateEvent: (id: string, places: Places) => Effect.Effect<EventLocation> = Effect.fnUntraced(
  function* (id, { sources, scan, topics, timeoutMs, logged }) {
    const parts = splitEventId(id)
    if (parts === undefined) return nowhere(id, "not an id", notAnId(id))

    const troubles: Array<string> = []
    const orTrouble = <A>(search: Effect.Effect<A, Failure>, address?: string) =>
      Effect.map(Effect.result(search), (outcome) => {
        if (Result.isSuccess(outcome)) return outcome.success
        const { message } = outcome.failure
        troubles.push(address === undefined || message.includes(address) ? message : `${address}: ${message}`)
        return undefined
      })

    const search = searchFor(id)
    const since = Math.max(claimTime(parts.batch) - maxClockSkewMs, (logged ?? 0) - searchBeforeMs)
    const inLog = scan({ topics: topics.all, since }, search.see).pipe(
      Effect.timeoutOrElse({
        duration: timeoutMs ?? Duration.infinity,
        orElse: () => Effect.fail(searchTimedOut(timeoutMs ?? 0))
      })
    )
    const [underWay, letters] = yield* Effect.all(
      [
        Effect.forEach(
          sources,
          ({ dependency, find }) =>
            Effect.map(orTrouble(find(parts.batch, parts.index), dependency.address), (event) =>
              event === undefined ? [] : [{ ...event, queue: dependency.address }]
            ),
          { concurrency: "unbounded" }
        ),
        Effect.forEach(sources, (source) => orTrouble(findOn(source, id), source.dependency.address), {
          concurrency: "unbounded"
        }),
        orTrouble(inLog)
      ],
      { concurrency: "unbounded" }
    )
    return described({
      id,
      underWay: underWay.flat(),
      letters: letters.filter((letter) => letter !== undefined),
      records: search.records,
      troubles
    })
  }
)

/** The clocks of machines may differ by this much, milliseconds: the id has the drainer's time, the log a broker's. */
const maxClockSkewMs = 120_000

/** A known record may not be the first of its event; earlier ones within this time are found too, milliseconds. */
const searchBeforeMs = 10_000

/** How long after the first record of an event the search continues for others, milliseconds. */
const resendWindowMs = 10 * leaseTime

/** When the batch was claimed and got its id, milliseconds since 1970. */
const claimTime = (batch: BatchId): number => Number.parseInt(batch.slice(0, 12), 16)

/**
 * Collects the records of the event from each batch that is read. A batch that is sent again goes to the same partition,
 * so other partitions are skipped once a record is found.
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
    return last.timestamp > first.at + resendWindowMs || BigInt(last.offset) + 1n >= BigInt(end)
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

const searchTimedOut = (timeoutMs: number): Failure =>
  new Failure({
    reason: "timeout",
    message: `The log was searched for ${Math.round(timeoutMs / 1000)} seconds, but not to its end.`
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
    ? "This is the address of a dead letter from another program, which has no event id: find it with `dead-letters show`."
    : "Not an event id. An event id has 32 hex digits, a dash and a number; it is in the header `id` of a record and in a dead letter."

type Found = Omit<EventLocation, "state" | "sentence">

const described = (found: Found): EventLocation => {
  const { underWay, letters, records, troubles } = found
  const [event] = underWay
  const [letter] = letters
  const [record] = records
  if (event !== undefined) {
    const lease = event.isClaimed ? "claimed until" : "not claimed now; it may be claimed from"
    return {
      ...found,
      state: "in flight",
      sentence: `In flight on ${event.queue}: ${lease} ${timeText(event.until)}, ${attemptsText(event.attempts)}.${record === undefined ? "" : " The log has it already: it will leave the queue, or be sent again."}`
    }
  }
  if (letter !== undefined) {
    const { reason, stage } = letter.letter ?? {}
    return {
      ...found,
      state: "dead letter",
      sentence: `A dead letter on ${letter.queue}: "${reason}", from the ${stage}.`
    }
  }
  if (record !== undefined) {
    const more = records.length === 1 ? "" : `, and ${records.length - 1} more of this event`
    return {
      ...found,
      state: "stored",
      sentence: `In the log: topic ${record.topic}, partition ${record.partition}, offset ${record.offset}${more}.`
    }
  }
  const where = troubles.length === 0 ? everywhere : "Not found, but some places could not be searched."
  return { ...found, state: "not found", sentence: `${where} ${reasons}` }
}

const everywhere = "Not in flight, not among the dead letters and not in the log."
const reasons =
  "A waiting line has no id yet; a replayed dead letter has a new id, and a discarded one is gone; the log deletes records after its retention."

const attemptsText = (attempts: number): string =>
  attempts === 0 ? "no failed attempt" : attempts === 1 ? "one failed attempt" : `${attempts} failed attempts`

/** A moment as text, in UTC, to the second. */
export const timeText = (at: number): string =>
  `${new Date(at).toISOString().replace("T", " ").slice(0, 19)} UTC`
