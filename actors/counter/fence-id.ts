/**
 * What makes an event count once: its id of the pipeline, or what its client gave it. A client that sends an event
 * again gets a new id of the pipeline; then type and parameters, the client's id among them, are the same. They are
 * taken together, because ids of clients need not differ between clients.
 */
import { createHash } from "node:crypto"
import type { LogRecord } from "../../bridge/event-log/service.ts"
import type { EventId } from "../../contracts/ids.ts"
import type { CountedEvent } from "./read-event.ts"

/** The id under which a record is remembered; `idParam` is `EVENT_ID_PARAM`. Undefined for a record that has none. */
export const fenceId = (
  record: LogRecord,
  event: CountedEvent | undefined,
  idParam: string
): EventId | undefined => {
  const given = event?.param(idParam)
  if (event === undefined || given === undefined || given === "")
    return record.headers.id as EventId | undefined
  const hash = createHash("sha256").update(`${event.type} ${event.params}`).digest("hex")
  return `${hash.slice(0, 32)}-0` as EventId
}
