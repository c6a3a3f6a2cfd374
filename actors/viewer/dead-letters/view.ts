/**
 * Dead letters, dry runs and whereabouts as the pages show them: every byte that a stranger sent made readable, and
 * hidden what VIEWER_MASK hides. What was said of an event may quote it, and its key is a part of it: both are hidden
 * wherever anything is.
 */
import { Buffer } from "node:buffer"
import type { EventInFlight } from "../../../bridge/ingest-queue/service.ts"
import type { DeadLetter } from "../../../contracts/dead-letter.ts"
import { type ByteString, bytesOf } from "../../../contracts/event.ts"
import type { DryRun } from "../../inspect/dead-letters/dry-run.ts"
import type { FoundDeadLetter } from "../../inspect/dead-letters/search.ts"
import { readable } from "../../inspect/escape-bytes.ts"
import { hiddenText, type Mask } from "../../inspect/events/mask.ts"
import { shownLine, shownRecord } from "../../inspect/events/masked-bytes.ts"
import type { EventLocation, StoredRecord } from "../../inspect/locate-event.ts"
import { maxPostedBytes } from "../http/request-body.ts"

/** How much of a line a list shows, and how much of it its own page, bytes; and of what was said of it. */
const listedBytes = 400
const openBytes = 256 * 1024
const saidBytes = 4_000

/** Of an event that was stored or is told of many times, so many places are shown. */
const mostPlaces = 20

/** A letter in a list. Of one that is not of our making nothing but its line is known. */
export interface ListedDeadLetter extends Partial<Omit<DeadLetter, "line" | "v">> {
  readonly address: string
  readonly queue: string
  /** The beginning of the line, readable; its whole size in bytes, and whether this is all of it. */
  readonly line: string
  readonly size: number
  readonly isWhole: boolean
}

/** A letter on its own page. */
export interface OpenDeadLetter extends ListedDeadLetter {
  /** The bytes that `line` shows, for other views of them. */
  readonly base64: string
  /** Small enough to be edited here, and nothing of it is hidden. */
  readonly isEditable: boolean
  /** Its exact text in the list, readable. */
  readonly envelope: string
}

export const listedDeadLetter = (found: FoundDeadLetter, mask: Mask): ListedDeadLetter =>
  viewed(found, listedBytes, mask)

export const openDeadLetter = (found: FoundDeadLetter, mask: Mask): OpenDeadLetter => {
  const view = viewed(found, openBytes, mask)
  if (mask.isOn) {
    const base64 = Buffer.from(shownLine(found.line, mask).slice(0, openBytes), "latin1").toString("base64")
    return { ...view, base64, isEditable: false, envelope: hiddenText }
  }
  return {
    ...view,
    base64: Buffer.from(found.line.slice(0, openBytes), "latin1").toString("base64"),
    isEditable: view.isWhole && JSON.stringify(view.line).length < maxPostedBytes * 0.9,
    envelope: beginning(found.text, openBytes).text
  }
}

const viewed = (
  { address, queue, line, letter }: FoundDeadLetter,
  bytes: number,
  mask: Mask
): ListedDeadLetter => {
  const { text, isWhole } = beginning(shownLine(line, mask), bytes)
  const place = { address, queue, line: text, size: line.length, isWhole }
  if (letter === undefined) return place
  const { id, reason, detail, stage, topic, attempts, first, last } = letter
  const said = detail === undefined ? {} : { detail: whole(detail, mask) }
  return { ...place, id, reason, stage, topic, attempts, first, last, ...said }
}

/** At most so many bytes of it, readable, and no character cut apart. */
const beginning = (
  bytes: ByteString,
  limit: number
): { readonly text: string; readonly isWhole: boolean } => {
  if (bytes.length <= limit) return { text: readable(bytes), isWhole: true }
  const cut = bytes.slice(0, limit).replace(/[\xc0-\xff][\x80-\xbf]{0,3}$/, "") as ByteString
  return { text: readable(cut), isWhole: false }
}

/** What would become of a line. */
export type DryRunView =
  | {
      readonly kind: "stored"
      readonly topic: string
      readonly isTopicUnknown: boolean
      readonly key: string
      readonly record: string
    }
  | { readonly kind: "dead"; readonly reason: string; readonly stage: string; readonly detail: string }

export const dryRunView = (trial: DryRun, mask: Mask): DryRunView => {
  if (trial.kind === "dead") {
    const { reason, stage, detail = "" } = trial.rejection
    return { kind: "dead", reason, stage, detail: whole(detail, mask) }
  }
  const { topic, isTopicUnknown, key = "", value } = trial
  return {
    kind: "stored",
    topic,
    isTopicUnknown,
    key: whole(key, mask),
    record: beginning(shownRecord(bytesIn(value), mask), openBytes).text
  }
}

/** A text that is shown as it is or not at all; of a very long one the beginning. */
const whole = (text: string, mask: Mask): string => {
  if (mask.isOn && text !== "") return hiddenText
  const said = beginning(bytesOf(text), saidBytes)
  return said.isWhole ? said.text : `${said.text} …`
}

/** Where an event is, all that was found. */
export interface WhereView extends Pick<EventLocation, "state" | "sentence" | "troubles"> {
  readonly underWay: ReadonlyArray<Omit<EventInFlight, "line"> & { queue: string; line: string }>
  readonly letters: ReadonlyArray<ListedDeadLetter>
  readonly records: ReadonlyArray<Omit<StoredRecord, "value" | "key"> & { key: string; record: string }>
}

export const whereView = (location: EventLocation, mask: Mask): WhereView => {
  const { state, sentence, troubles, underWay, letters, records } = location
  return {
    state,
    sentence: readable(bytesOf(sentence)),
    troubles:
      records.length > mostPlaces
        ? [...troubles, `${records.length - mostPlaces} more records of it are not shown.`]
        : troubles,
    underWay: underWay.slice(0, mostPlaces).map(({ line, ...rest }) => ({
      ...rest,
      line: beginning(shownLine(line, mask), openBytes).text
    })),
    letters: letters.slice(0, mostPlaces).map((letter) => listedDeadLetter(letter, mask)),
    records: records.slice(0, mostPlaces).map(({ value, key = "", ...rest }) => ({
      ...rest,
      key: whole(key, mask),
      record: beginning(shownRecord(bytesIn(value), mask), openBytes).text
    }))
  }
}

const bytesIn = (value: Uint8Array): ByteString =>
  Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1") as ByteString
