/** The way of one event through the system, step by step, from all that is known of it in the queue, the log and of consumers. */
import { Buffer } from "node:buffer"
import { clockSlack } from "../../../bridge/event-log/service.ts"
import type { EventInFlight } from "../../../bridge/ingest-queue/service.ts"
import { type ByteString, bytesOf } from "../../../contracts/event.ts"
import type { FoundDeadLetter } from "../../inspect/dead-letters/search.ts"
import { readable } from "../../inspect/escape-bytes.ts"
import { eventView } from "../../inspect/events/event-view.ts"
import type { Mask } from "../../inspect/events/mask.ts"
import type { EventView, Step, TimelineView } from "../../inspect/events/messages.ts"
import { shortView } from "../../inspect/events/shorten-view.ts"
import type { FeedRecord } from "../../inspect/events/staged-event.ts"
import { type EventLocation, type StoredRecord, timeText } from "../../inspect/locate-event.ts"
import type { LineMemory } from "../live/raw-line-cache.ts"
import type { ConsumerProgressMemory, Passage } from "./consumer-progress.ts"
import { fitting } from "./page-limits.ts"

export interface Witnesses {
  /** Consumers to tell of, whether or not they were heard of; those heard of are told of too. */
  readonly consumers: ReadonlyArray<string>
  readonly memory: ConsumerProgressMemory
  readonly mask: Mask
  /** Lines that were seen while somebody looked. */
  readonly lines?: Pick<LineMemory, "lineOf">
}

/** Of one event so many records are told, and so many characters of a record or line, far more than the gateway takes. */
const mostRecords = 100
const longestText = 1024 * 1024

type Mark = Omit<Step, "after">

export const journey = (location: EventLocation, witnesses: Witnesses): TimelineView => {
  const { id, state, sentence, troubles, underWay, letters } = location
  const views = location.records
    .slice(0, mostRecords)
    .map((record) => shortView(eventView(feedRecordOf(id, record), witnesses.mask), longestText))
  const records = views.slice(0, fitting(views, mostRecords))
  const left = location.records.length - records.length
  const [record] = records
  const [event] = underWay
  const [letter] = letters
  const line = lineView(id, event?.line ?? letter?.line ?? witnesses.lines?.lineOf(id), witnesses.mask)
  const marks = [
    ...beginning(record, line, event?.claimed ?? letter?.letter?.first),
    ...later([
      ...letters.flatMap((one) => deadLetter(one, witnesses.mask)),
      ...records.slice(1).map(storedAgain),
      ...(record === undefined ? [] : consumed(record, witnesses))
    ]),
    ...underWay.flatMap((one) => ahead(one, record !== undefined))
  ]
  return {
    id,
    state,
    sentence: readable(bytesOf(sentence)),
    records,
    ...(line === undefined ? {} : { line }),
    steps: stepsOf(marks),
    wholeWay: wholeWayOf(record),
    troubles: left === 0 ? troubles : [...troubles, `${left} more records of it are not shown.`]
  }
}

/** Marks with the time between them. Clocks of two machines may differ, so that a later step seems to come before. */
export const stepsOf = (marks: ReadonlyArray<Mark>): ReadonlyArray<Step> =>
  marks.map(({ stage, what, at }, i) => {
    const before = marks[i - 1]?.at
    const after = at === undefined || before === undefined ? undefined : at - before
    return after === undefined || after >= 0
      ? { stage, what, at, after }
      : {
          stage,
          what: `${what} (by a clock that is at least ${-after} ms behind that of the step before)`,
          at,
          after: undefined
        }
  })

/** What is known up to the log of one that is stored, up to the claim of any other. */
const beginning = (
  record: EventView | undefined,
  line: EventView | undefined,
  claimedAt: number | undefined
): ReadonlyArray<Mark> => {
  const known = record ?? line
  if (known === undefined) return []
  const { received, claimed = claimedAt, enriched, sent, logged } = known.times
  const atEdge = isToTheSecond(known) ? "taken at the edge, in that second" : "taken at the edge"
  const claim: ReadonlyArray<Mark> = [
    { stage: "gateway", what: received === undefined ? "the line does not say when" : atEdge, at: received },
    { stage: "queue", what: "claimed after waiting", at: claimed },
    { stage: "drainer", what: "claimed it and read its line", at: claimed }
  ]
  if (record === undefined) return claim
  return [
    ...claim,
    { stage: "enricher", what: "enriched", at: enriched },
    { stage: "bridge", what: "sent to the log", at: sent },
    { stage: "log", what: `stored: ${placeText(record)}`, at: logged }
  ]
}

/** One dialect knows the edge's time only in seconds: its records name bots first, and its lines have no pod. */
const isToTheSecond = ({ stage, meta }: EventView): boolean =>
  stage === "stored" ? meta[0]?.[0] === "bot_name" : !meta.some(([name]) => name === "pod")

const placeText = ({ topic, partition, offset }: EventView): string =>
  `topic ${topic}, partition ${partition}, offset ${offset}`

const storedAgain = (record: EventView): Mark => ({
  stage: "log",
  what: `stored again, since the first answer was lost: ${placeText(record)}`,
  at: record.times.logged
})

const deadLetter = ({ letter }: FoundDeadLetter, mask: Mask): ReadonlyArray<Mark> => {
  if (letter === undefined) return []
  const { reason, detail, stage, attempts, last } = letter
  // What was said of an event may quote it.
  const said = detail === undefined || mask.isOn ? "" : ` (${readable(bytesOf(detail))})`
  return [
    { stage, what: `set aside as a dead letter: ${reason}${said}, ${attemptsText(attempts)}`, at: last }
  ]
}

/** What an event under way has before it. */
const ahead = (
  { isClaimed, until, attempts, queue }: EventInFlight & { readonly queue: string },
  isStored: boolean
): ReadonlyArray<Mark> => {
  const time = timeText(until)
  const has = isClaimed
    ? `a drainer has it until ${time} at the latest`
    : `given back; it may be claimed again from ${time}`
  const now = { stage: "drainer", what: `${has}, ${attemptsText(attempts)}, queue ${queue}`, at: undefined }
  if (isStored) return [{ ...now, what: `${now.what}; about to leave the queue` }]
  return [now, ...["enricher", "bridge", "log"].map((stage) => ({ stage, what: "not yet", at: undefined }))]
}

const attemptsText = (attempts: number): string =>
  attempts === 0 ? "no failed attempt" : attempts === 1 ? "one failed attempt" : `${attempts} failed attempts`

const consumed = (record: EventView, { consumers, memory }: Witnesses): ReadonlyArray<Mark> => {
  const { topic, partition, offset, timestamp } = record
  if (partition === undefined || offset === undefined) return []
  const since = timestamp - clockSlack
  return [...new Set([...consumers, ...memory.consumers()])].map((stage) => {
    const passage = memory.passage(stage, { topic, partition, offset, since })
    return { stage, what: passageText(stage, passage), at: passage.state === "done" ? passage.at : undefined }
  })
}

const passageText = (consumer: string, { state }: Passage): string => {
  switch (state) {
    case "done":
      return consumer === "viewer" ? "shown" : "done with it"
    case "passed":
      return "passed, time no longer known"
    case "not yet":
      return "not there yet"
    case "not known":
      return "not known: this viewer has not heard of it there"
  }
}

/** By their times; those without one last, in their order. */
const later = (marks: ReadonlyArray<Mark>): ReadonlyArray<Mark> =>
  marks.toSorted((one, other) => {
    if (one.at === other.at) return 0
    return (one.at ?? Number.POSITIVE_INFINITY) - (other.at ?? Number.POSITIVE_INFINITY)
  })

const wholeWayOf = (record: EventView | undefined): number | undefined => {
  const { received, logged } = record?.times ?? {}
  if (received === undefined || logged === undefined || logged < received) return undefined
  return logged - received
}

const feedRecordOf = (id: string, { topic, partition, offset, value, times }: StoredRecord): FeedRecord => {
  const known = Object.fromEntries(times)
  return {
    stage: "stored",
    topic,
    partition,
    offset,
    timestamp: known.logged ?? 0,
    id,
    value: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1") as ByteString,
    times: known
  }
}

/** The line of an event that is in the queue or set aside. */
const lineView = (id: string, line: ByteString | undefined, mask: Mask): EventView | undefined => {
  if (line === undefined) return undefined
  const place = { topic: "", partition: undefined, offset: undefined, timestamp: 0, id }
  return shortView(eventView({ stage: "raw", ...place, value: line, times: {} }, mask), longestText)
}
