/** The timeline of one event: its steps in the queue, the log and the consumers. Pure. */
import { clockSlack } from "../../../bridge/event-log/service.ts"
import type { EventInFlight } from "../../../bridge/ingest-queue/service.ts"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import { type ByteString, bytesOf } from "../../../contracts/event.ts"
import type { FoundDeadLetter } from "../../inspect/dead-letters/search.ts"
import { readable } from "../../inspect/escape-bytes.ts"
import { eventView } from "../../inspect/events/event-view.ts"
import type { Mask } from "../../inspect/events/mask.ts"
import type { EventView, Step, TimelineView } from "../../inspect/events/messages.ts"
import { shortView } from "../../inspect/events/shorten-view.ts"
import type { FeedRecord } from "../../inspect/events/staged-event.ts"
import { type EventLocation, type StoredRecord, timeText } from "../../inspect/locate-event.ts"
import type { RawLineCache } from "../live/raw-line-cache.ts"
import type { ConsumerProgressCache, ConsumptionState } from "./consumer-progress.ts"
import { countThatFits } from "./page-limits.ts"

export interface TimelineContext {
  /** Consumers to list even when they reported no progress; those that did are listed too. */
  readonly consumers: ReadonlyArray<string>
  readonly progress: ConsumerProgressCache
  readonly mask: Mask
  readonly lines?: Pick<RawLineCache, "lineOf">
}

/** Limits of a timeline: records of the event, and characters of a record or line, far more than the gateway accepts. */
const maxRecords = 100
const maxRawChars = 1024 * 1024

/** A step without the time since the previous one. */
type UntimedStep = Omit<Step, "after">

export const eventTimeline = (location: EventLocation, context: TimelineContext): TimelineView => {
  const { id, state, sentence, troubles, underWay, letters } = location
  const views = location.records
    .slice(0, maxRecords)
    .map((record) => shortView(eventView(feedRecordOf(id, record), context.mask), maxRawChars))
  const records = views.slice(0, countThatFits(views, maxRecords))
  const omitted = location.records.length - records.length
  const [record] = records
  const [event] = underWay
  const [letter] = letters
  const line = lineView(id, event?.line ?? letter?.line ?? context.lines?.lineOf(id), context.mask)
  const steps = [
    ...stepsToLog(record, line, event?.claimed ?? letter?.letter?.first),
    ...byTime([
      ...letters.flatMap((one) => deadLetterStep(one, context.mask)),
      ...records.slice(1).map(duplicateStep),
      ...(record === undefined ? [] : consumerSteps(record, context))
    ]),
    ...underWay.flatMap((one) => pendingSteps(one, record !== undefined))
  ]
  return {
    id,
    state,
    sentence: readable(bytesOf(sentence)),
    records,
    ...(line === undefined ? {} : { line }),
    steps: withDurations(steps),
    wholeWay: edgeToLogMs(record),
    troubles: omitted === 0 ? troubles : [...troubles, `${omitted} more records of this event are not shown.`]
  }
}

/** Adds the time since the previous step. Clocks of two machines may differ, so that a step seems earlier than the previous one. */
export const withDurations = (steps: ReadonlyArray<UntimedStep>): ReadonlyArray<Step> =>
  steps.map(({ stage, what, at }, i) => {
    const previous = steps[i - 1]?.at
    const after = at === undefined || previous === undefined ? undefined : at - previous
    return after === undefined || after >= 0
      ? { stage, what, at, after }
      : {
          stage,
          what: `${what} (its clock is at least ${-after} ms behind that of the previous step)`,
          at,
          after: undefined
        }
  })

/** The steps up to the log for a stored event, up to the claim for any other. */
const stepsToLog = (
  record: EventView | undefined,
  line: EventView | undefined,
  claimedAt: number | undefined
): ReadonlyArray<UntimedStep> => {
  const known = record ?? line
  if (known === undefined) return []
  const { received, claimed = claimedAt, enriched, sent, logged } = known.times
  const receivedText = hasSecondsOnly(known) ? "received (precise to the second)" : "received"
  const claim: ReadonlyArray<UntimedStep> = [
    { stage: "gateway", what: received === undefined ? "the line has no time" : receivedText, at: received },
    { stage: "queue", what: "waited in the queue", at: claimed },
    { stage: "drainer", what: "claimed and parsed", at: claimed }
  ]
  if (record === undefined) return claim
  return [
    ...claim,
    { stage: "enricher", what: "enriched", at: enriched },
    { stage: "bridge", what: "sent to the log", at: sent },
    { stage: "log", what: `stored: ${positionText(record)}`, at: logged }
  ]
}

/** The adtekio dialect has the edge's time in seconds only: its records begin with `bot_name`, and its lines have no pod. */
const hasSecondsOnly = ({ stage, meta }: EventView): boolean =>
  stage === "stored" ? meta[0]?.[0] === "bot_name" : !meta.some(([name]) => name === "pod")

const positionText = ({ topic, partition, offset }: EventView): string =>
  `topic ${topic}, partition ${partition}, offset ${offset}`

const duplicateStep = (record: EventView): UntimedStep => ({
  stage: "log",
  what: `stored again, because the first acknowledgement was lost: ${positionText(record)}`,
  at: record.times.logged
})

const deadLetterStep = ({ letter }: FoundDeadLetter, mask: Mask): ReadonlyArray<UntimedStep> => {
  if (letter === undefined) return []
  const { reason, detail, stage, attempts, last } = letter
  // The detail may quote the event.
  const shownDetail = detail === undefined || mask.isOn ? "" : ` (${readable(bytesOf(detail))})`
  return [
    { stage, what: `became a dead letter: ${reason}${shownDetail}, ${attemptsText(attempts)}`, at: last }
  ]
}

/** The remaining steps of an event in flight. */
const pendingSteps = (
  { isClaimed, until, attempts, queue }: EventInFlight & { readonly queue: string },
  isStored: boolean
): ReadonlyArray<UntimedStep> => {
  const time = timeText(until)
  const lease = isClaimed
    ? `claimed by a drainer until ${time}`
    : `released; can be claimed again from ${time}`
  const now = { stage: "drainer", what: `${lease}, ${attemptsText(attempts)}, queue ${queue}`, at: undefined }
  if (isStored) return [{ ...now, what: `${now.what}; leaves the queue next` }]
  return [now, ...["enricher", "bridge", "log"].map((stage) => ({ stage, what: "not yet", at: undefined }))]
}

const attemptsText = (attempts: number): string =>
  attempts === 0 ? "no failed attempt" : attempts === 1 ? "one failed attempt" : `${attempts} failed attempts`

const consumerSteps = (
  record: EventView,
  { consumers, progress }: TimelineContext
): ReadonlyArray<UntimedStep> => {
  const { topic, partition, offset, timestamp } = record
  if (partition === undefined || offset === undefined) return []
  const since = timestamp - clockSlack
  return [...new Set([...consumers, ...progress.consumers()])].map((stage) => {
    const known = progress.stateOf(stage, { topic, partition, offset, since })
    return { stage, what: consumptionText(stage, known), at: known.state === "done" ? known.at : undefined }
  })
}

const consumptionText = (consumer: string, { state }: ConsumptionState): string => {
  switch (state) {
    case "done":
      return consumer === "viewer" ? "shown" : "processed"
    case "passed":
      return "processed; the time is no longer known"
    case "not yet":
      return "not yet"
    case "not known":
      return "not known: no progress reported to this viewer"
  }
}

/** By time; steps without a time come last, in their order. */
const byTime = (steps: ReadonlyArray<UntimedStep>): ReadonlyArray<UntimedStep> =>
  steps.toSorted((one, other) => {
    if (one.at === other.at) return 0
    return (one.at ?? Number.POSITIVE_INFINITY) - (other.at ?? Number.POSITIVE_INFINITY)
  })

const edgeToLogMs = (record: EventView | undefined): number | undefined => {
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
    value: byteStringOf(value),
    times: known
  }
}

/** The raw line of an event that is queued, a dead letter, or cached. */
const lineView = (id: string, line: ByteString | undefined, mask: Mask): EventView | undefined => {
  if (line === undefined) return undefined
  const position = { topic: "", partition: undefined, offset: undefined, timestamp: 0, id }
  return shortView(eventView({ stage: "raw", ...position, value: line, times: {} }, mask), maxRawChars)
}
