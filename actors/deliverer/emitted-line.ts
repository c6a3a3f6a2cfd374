/** The line of an event that a rule sends, which goes through the queue like every other. Pure. */

import { type ByteString, bytesOf } from "../../contracts/event.ts"
import type { DeliveryId } from "../../contracts/reactions/delivery.ts"
import { formatLine } from "../../contracts/wire/line.ts"
import { encodeValue } from "../../contracts/wire/percent.ts"
import { emittedPod, hopsParam } from "../rules/read-event.ts"

export interface EmittedEvent {
  readonly type: string
  readonly params: Readonly<Record<string, string>>
  /** The delivery that causes it, whose id counts as a client's id of the event. */
  readonly id: DeliveryId
  readonly idParam: string
  readonly hops: number
  /** Milliseconds since 1970. */
  readonly now: number
}

/** The event has no client: its address is 0.0.0.0 and its user agent is empty. Parameters that Spoor sets come first. */
export const emittedLine = ({ type, params, id, idParam, hops, now }: EmittedEvent): ByteString => {
  const encoded = (text: string): ByteString => encodeValue(bytesOf(text.toWellFormed()))
  const own = { [idParam]: id, [hopsParam]: String(hops) }
  const query = Object.entries({ ...own, ...params, ...own })
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .join("&")
  return formatLine({
    ...{ dialect: "pushtech", ip: "0.0.0.0", ts: now, host: "" as ByteString, pod: bytesOf(emittedPod) },
    ...{ path: `/t/${encoded(type)}` as ByteString, query: query as ByteString, userAgent: "" as ByteString }
  })
}
