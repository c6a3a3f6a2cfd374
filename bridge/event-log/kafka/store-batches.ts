/**
 * Storing a run of records in one partition of Kafka, in parts where it must be: what a broker answers is looked up in
 * produce-errors.ts. Lives as long as one append.
 */
import { Effect } from "effect"
import type { Topic } from "../../../contracts/ids.ts"
import type { Operation } from "../../outage.ts"
import type { Appended, NewRecord } from "../service.ts"
import { requests } from "./connection.ts"
import { producedError, sentence, storedNothing, topicSentence } from "./errors.ts"
import { type ProduceError, ProduceRefused } from "./produce-errors.ts"
import type { Link } from "./reconnecting.ts"
import type { Refusals } from "./topic-refusals.ts"
import type { KafkaTopics } from "./topics.ts"
import { type Compression, codecOf } from "./wire/compression.ts"
import { recordBatch } from "./wire/encode-batch.ts"

/** How long the broker may wait for its replicas; the answer must still arrive within `logTimeout`. Milliseconds. */
const replicasWithin = 3_000

/** Delay before the second attempt, milliseconds; doubles with each. */
const firstDelayMs = 100

/** Records for one partition, with their places in what was given to `append`. */
export interface Run {
  readonly topic: Topic
  readonly partition: number
  readonly records: Array<NewRecord>
  readonly places: Array<number>
}

/** A record that was refused alone, but not by name: so it is not certain that it is the record's own fault. */
export interface Doubted {
  readonly place: number
  readonly topic: Topic
  readonly reason: string
}

/** What is known of one `append` so far. */
export interface Progress {
  readonly results: Array<Appended | undefined>
  readonly doubted: Array<Doubted>
  /** May anything stand in the log that is not in `results`? */
  unclear: boolean
  /** Requests that were sent and not answered yet. */
  open: number
  last: string
}

/** What every append of a log shares. */
export interface StoreTools {
  readonly producer: Link
  readonly topics: KafkaTopics
  readonly compression: Compression
  readonly refusals: Refusals
  /** Appending, in the outages of Kafka. */
  readonly appending: Operation
  /** Are records given keys? By KAFKA_KEY_PARAM, or one had a key. */
  readonly keys: { areGiven: boolean }
}

/** Marks the topic as refused: its records wait until an operator acts. `said` is the reason, one sentence. */
export const refuseTopic = (tools: StoreTools, progress: Progress, topic: Topic, said: string): void => {
  progress.last = said
  tools.topics.forget(topic)
  tools.refusals.refused(topic, said)
}

/** An answer, and how many times in a row the same records got it. */
interface Repeated {
  readonly name: string
  readonly times: number
}

const none: Repeated = { name: "", times: 0 }

/** May the connection be used again? It may have damaged what was sent, or know a topic of before. */
const keepsConnection = (known: ProduceError | undefined): boolean =>
  known !== undefined && known.kind !== "outage" && (known.believedAfter ?? 1) === 1

/** Stores a run: retries until its records are stored, dead-lettered or refused, or `append` times out. */
export const storeRun = (tools: StoreTools, progress: Progress) => {
  const { topics, refusals } = tools
  const send = sendWith(tools, progress)

  const attempt = (run: Run, delayMs = firstDelayMs, before = none): Effect.Effect<void> =>
    run.records.length === 0
      ? Effect.void
      : send(run).pipe(
          Effect.map((first) => confirm(run, first)),
          Effect.catch((error) => decide(run, error, delayMs, before))
        )

  const confirm = (run: Run, first: bigint): void => {
    const { topic, partition, places } = run
    const offsetOf = offsetsFrom(first, places.length)
    for (const [i, place] of places.entries())
      progress.results[place] = { stored: true, partition, offset: offsetOf(i) }
    refusals.took(topic)
  }

  const decide = (run: Run, error: unknown, delayMs: number, before: Repeated): Effect.Effect<void> => {
    const { topic } = run
    const known = producedError(error)
    const name = known?.name ?? ""
    const times = name === before.name ? before.times + 1 : 1
    if (known !== undefined) refusals.count(topic, name, known.kind)
    switch (known !== undefined && times >= (known.believedAfter ?? 1) ? known.kind : "outage") {
      case "size":
        return run.records.length > 1
          ? storeHalves(run)
          : Effect.sync(() => deadLetter(run, 0, "too large", ""))
      case "record":
        return storeOthers(run, error)
      case "topic":
        return Effect.sync(() => refuseTopic(tools, progress, topic, topicSentence(topic, error)))
      case "outage":
        progress.last = sentence(`Cannot write to the Kafka topic ${topic}`, error)
        topics.forget(topic)
        return Effect.andThen(Effect.sleep(delayMs), attempt(run, delayMs * 2, { name, times }))
    }
  }

  const deadLetter = (
    { topic, places }: Run,
    i: number,
    why: Extract<Appended, { readonly stored: false }>["why"],
    said: string
  ): void => {
    const place = places[i]
    const reason = why === "too large" ? `too large for the topic ${topic}` : said
    if (place !== undefined) progress.results[place] = { stored: false, why, reason }
  }

  const storeHalves = (run: Run): Effect.Effect<void> => {
    const middle = run.records.length >> 1
    return Effect.andThen(attempt(part(run, (i) => i < middle)), attempt(part(run, (i) => i >= middle)))
  }

  /** Sets aside those that the broker has named, and stores the others; when it has named none, they are looked for. */
  const storeOthers = (run: Run, error: unknown): Effect.Effect<void> => {
    const { topic, records } = run
    const named = namedIn(error, records.length)
    if (named.size === 0 && records.length > 1) return storeHalves(run)
    if (named.size === 0) {
      const reason = sentence("Kafka refuses this record", error)
      for (const place of run.places) progress.doubted.push({ place, topic, reason })
      return Effect.void
    }
    for (const [i, message] of named) {
      const said = sentence("Kafka refuses this record", error, message)
      if (lacksKey(records[i], message, tools)) {
        const act = "Set KAFKA_KEY_PARAM, or take compact out of the topic's cleanup.policy."
        refuseTopic(tools, progress, topic, `No record of the topic ${topic} has a key: ${message} ${act}`)
      } else deadLetter(run, i, "refused by the log", said)
    }
    return attempt(part(run, (i) => !named.has(i)))
  }

  return (run: Run): Effect.Effect<void> => attempt(run)
}

/** The records that the broker has named, by their places in the batch, and what it says of each. */
const namedIn = (error: unknown, count: number): ReadonlyMap<number, string> =>
  new Map(
    (error instanceof ProduceRefused ? error.records : [])
      .filter(({ place }) => place >= 0 && place < count)
      .map(({ place, message }) => [place, message])
  )

/** Does the topic want keys where nobody gives any? That is not the record's fault. */
const lacksKey = (record: NewRecord | undefined, message: string, { keys }: StoreTools): boolean =>
  !keys.areGiven && record?.key === undefined && /\bkey\b/i.test(message)

const part = ({ records, places, ...run }: Run, isIn: (i: number) => boolean): Run => ({
  ...run,
  records: records.filter((_, i) => isIn(i)),
  places: places.filter((_, i) => isIn(i))
})

/** Sends a run once; the offset of its first record. Fails with what the client or the broker says. */
const sendWith =
  ({ producer, compression }: StoreTools, progress: Progress) =>
  (run: Run) =>
    Effect.flatMap(producer.connected, (cluster) =>
      Effect.tryPromise({
        try: async (signal) => {
          const { topic, partition, records } = run
          const batch = await recordBatch(records, codecOf[compression], Date.now())
          const leader = await cluster.leaderOf(topic, partition)
          // The caller was interrupted, and may have reported that nothing was stored.
          signal.throwIfAborted()
          progress.open += 1
          try {
            const what = { topic, partition, batch, replicasWithin }
            const { code, offset, message, records: named } = await leader.call(requests.produce, what)
            if (code !== 0) throw new ProduceRefused(code, message, named)
            return offset
          } catch (error) {
            if (!storedNothing(error)) progress.unclear = true
            throw error
          } finally {
            progress.open -= 1
          }
        },
        catch: (error) => {
          if (!keepsConnection(producedError(error))) producer.replace(cluster)
          return error
        }
      }).pipe(Effect.onInterrupt(() => Effect.sync(() => producer.replace(cluster))))
    )

/** The offset of the record at each place of a batch whose first record has this one. */
const offsetsFrom = (first: bigint, count: number): ((place: number) => string) => {
  const number = Number(first)
  return Number.isSafeInteger(number + count)
    ? (place) => String(number + place)
    : (place) => (first + BigInt(place)).toString()
}
