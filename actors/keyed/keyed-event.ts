/** Events as the functions of a keyed actor see them: read from a record, or from what was kept of one. Pure. */
import { byteStringOf, uint8ArrayOf } from "../../contracts/byte-string.ts"
import type { ByteString } from "../../contracts/event.ts"
import { type CountedEvent, readEvent } from "../inspect/counters/counted-event.ts"
import { type ForwardedEvent, maxHops } from "../runtime/inbox/key.ts"
import type { KeyedRecord } from "../runtime/inbox/keyed-message.ts"
import type { KeyedEvent } from "./definition.ts"
import type { KeptEvent } from "./kept-event.ts"

/** The event in a record of the topic that is keyed; undefined when the record does not follow the contract. */
export const keyedEventOf = ({ record, source, at, forwarded }: KeyedRecord): KeyedEvent | undefined => {
  const event = readEvent(record)
  if (event === undefined) return undefined
  const given = Number(record.headers.received)
  const received = Number.isFinite(given) && given > 0 ? given : at
  const id = forwarded === undefined ? record.headers.id : forwarded.id
  const text = (): string => record.text ?? byteStringOf(record.value)
  return eventWith(event, { ...{ topic: source, at, received }, hops: forwarded?.hops ?? 0 }, id, text)
}

/**
 * The event that was kept; undefined when its text is no record.
 *
 * @example
 * ```ts
 * onTimer: (_, { state }) => ({ emit: [{ type: "last", params: { n: (state && readKept(state.last)?.param("n")) ?? "" } }] })
 * ```
 */
export const readKept = ({ id, text, ...place }: KeptEvent): KeyedEvent | undefined => {
  const event = readEvent({
    ...{ offset: "0", timestamp: place.at, key: undefined, headers: {}, value: new Uint8Array(0) },
    text: text as ByteString
  })
  return event === undefined ? undefined : eventWith(event, place, id, () => text)
}

const eventWith = (
  event: CountedEvent,
  place: Pick<KeyedEvent, "topic" | "at" | "received" | "hops">,
  id: string | undefined,
  text: () => string
): KeyedEvent => ({
  ...{ ...place, id, event },
  get type() {
    return event.type
  },
  param: (name) => event.param(name),
  meta: (name) => event.meta(name),
  keep: () => ({ ...(id === undefined ? {} : { id }), ...place, text: text() })
})

/** The event with one hop more. Throws an error with a sentence for one that was passed on too often. */
export const passedOn = ({ id, topic, text, ...place }: KeptEvent): ForwardedEvent => {
  if (place.hops >= maxHops)
    throw new Error(`An event was passed on ${maxHops} times: it may go in a circle.`)
  const value = uint8ArrayOf(text as ByteString)
  return { ...place, id, source: topic, hops: place.hops + 1, value }
}
