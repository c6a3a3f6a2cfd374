/** How many events are a page of a search: bounded in number and in bytes, so that no answer grows with what was sent. */
import { Buffer } from "node:buffer"
import type { EventView } from "../../inspect/events/messages.ts"
import { shortView } from "../../inspect/events/shorten-view.ts"

/** What the events of an answer may weigh as JSON, bytes; one event is told in any case. */
export const pageBytes = 4 * 1024 * 1024

/** So many characters of an event's raw text are told; more than the gateway takes of one. */
const longestRaw = 96 * 1024

const weights = new WeakMap<EventView, number>()

/** An event for a page: shortened where it is longer than any that comes through the gateway. */
export const pageView = (event: EventView): EventView => shortView(event, longestRaw)

/** What an event weighs in an answer, bytes. */
export const weightOf = (event: EventView): number => {
  const known = weights.get(event)
  if (known !== undefined) return known
  const weight = Buffer.byteLength(JSON.stringify(event)) + 1
  weights.set(event, weight)
  return weight
}

/** How many of these events, from the first on, are a page of at most `limit`: at least one where there is any. */
export const fitting = (events: ReadonlyArray<EventView>, limit: number): number => {
  let bytes = 0
  for (let count = 0; count < events.length; count++) {
    const event = events[count]
    bytes += event === undefined ? 0 : weightOf(event)
    if (count >= limit || (count > 0 && bytes > pageBytes)) return count
  }
  return events.length
}
