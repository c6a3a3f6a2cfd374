/**
 * The location of an event as the pages show it: bytes from clients are escaped, and what VIEWER_MASK hides is masked.
 * Pure.
 */
import type { EventInFlight } from "../../bridge/ingest-queue/service.ts"
import { byteStringOf } from "../../contracts/byte-string.ts"
import { bytesOf } from "../../contracts/event.ts"
import { readable } from "../inspect/escape-bytes.ts"
import type { Mask } from "../inspect/events/mask.ts"
import { visibleLine, visibleRecord } from "../inspect/events/masked-bytes.ts"
import type { EventLocation, StoredRecord } from "../inspect/locate-event.ts"
import {
  type ListedDeadLetter,
  listedDeadLetter,
  maxOpenBytes,
  shownText,
  textBeginning
} from "./dead-letters/view.ts"

/** Limit of the copies, dead letters and records shown of one event. */
const maxPlaces = 20

export interface EventLocationView extends Pick<EventLocation, "state" | "sentence" | "troubles"> {
  readonly underWay: ReadonlyArray<Omit<EventInFlight, "line"> & { queue: string; line: string }>
  readonly letters: ReadonlyArray<ListedDeadLetter>
  readonly records: ReadonlyArray<Omit<StoredRecord, "value" | "key"> & { key: string; record: string }>
}

export const eventLocationView = (location: EventLocation, mask: Mask): EventLocationView => {
  const { state, sentence, troubles, underWay, letters, records } = location
  return {
    state,
    sentence: readable(bytesOf(sentence)),
    troubles:
      records.length > maxPlaces
        ? [...troubles, `${records.length - maxPlaces} more records of this event are not shown.`]
        : troubles,
    underWay: underWay.slice(0, maxPlaces).map(({ line, ...rest }) => ({
      ...rest,
      line: textBeginning(visibleLine(line, mask), maxOpenBytes).text
    })),
    letters: letters.slice(0, maxPlaces).map((letter) => listedDeadLetter(letter, mask)),
    records: records.slice(0, maxPlaces).map(({ value, key = "", ...rest }) => ({
      ...rest,
      key: shownText(key, mask),
      record: textBeginning(visibleRecord(byteStringOf(value), mask), maxOpenBytes).text
    }))
  }
}
