/**
 * What makes an event count once: its id of the pipeline, or what its client gave it. A client that sends an event
 * again gets a new id of the pipeline; then type and parameters, the client's id among them, are the same. They are
 * taken together, because ids of clients need not differ between clients. The ids of visitors, which the gateway adds,
 * are no part of it: they are others after an hour, and from another address.
 */
import { createHash } from "node:crypto"
import type { LogRecord } from "../../bridge/event-log/service.ts"
import type { EventId } from "../../contracts/ids.ts"
import { withoutParams } from "../../contracts/wire/query.ts"
import { visitorNames } from "../../gateway/privacy/visitor-id.ts"
import type { CountedEvent } from "../inspect/counters/counted-event.ts"

/** The settings of the gateway that say what it writes into an event. */
export interface Written {
  /** `EVENT_ID_PARAM`. */
  readonly idParam: string
  /** It adds visitor ids, and takes away what clients call so. */
  readonly hasVisitorIds: boolean
}

/** The id under which a record is remembered. Undefined for a record that has none. */
export const fenceId = (
  record: LogRecord,
  event: CountedEvent | undefined,
  { idParam, hasVisitorIds }: Written
): EventId | undefined => {
  const given = event?.param(idParam)
  if (event === undefined || given === undefined || given === "")
    return record.headers.id as EventId | undefined
  const params = hasVisitorIds ? withoutParams(event.params, visitorNames) : event.params
  const hash = createHash("sha256").update(`${event.encodedType} ${params}`).digest("hex")
  return `${hash.slice(0, 32)}-0` as EventId
}
