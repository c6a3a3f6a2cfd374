/** Limits a page of a search in number and in bytes, so that no response grows with its events. */
import { Buffer } from "node:buffer"
import type { EventView } from "../../inspect/events/messages.ts"
import { shortView } from "../../inspect/events/shorten-view.ts"

/** Limit of a page's events as JSON, bytes. A single larger event is still a page. */
export const maxPageBytes = 4 * 1024 * 1024

/** Limit of an event's raw text, characters; more than the gateway accepts. */
const maxRawChars = 96 * 1024

const knownBytes = new WeakMap<EventView, number>()

/** The event as a page shows it: shortened when it is longer than any event the gateway accepts. */
export const pageView = (event: EventView): EventView => shortView(event, maxRawChars)

/** Size of an event as JSON with its comma, bytes. */
export const jsonBytesOf = (event: EventView): number => {
  const known = knownBytes.get(event)
  if (known !== undefined) return known
  const bytes = Buffer.byteLength(JSON.stringify(event)) + 1
  knownBytes.set(event, bytes)
  return bytes
}

/** Number of these events, from the first on, that fit on a page of at most `limit` events: at least one if there is any. */
export const countThatFits = (events: ReadonlyArray<EventView>, limit: number): number => {
  let bytes = 0
  for (let count = 0; count < events.length; count++) {
    const event = events[count]
    bytes += event === undefined ? 0 : jsonBytesOf(event)
    if (count >= limit || (count > 0 && bytes > maxPageBytes)) return count
  }
  return events.length
}
