/**
 * The id by which an event counts once: Spoor's event id, or one derived from the client's own id. An event that a client
 * sends again gets a new event id from Spoor, but has the same type and parameters, the client's id among them. These are
 * hashed together, because ids of different clients may collide. What the pipeline adds is left out, because it differs in
 * each request: visitor ids change after an hour and with the client's address, a trace context names a span, and an
 * enrichment step may answer differently or not at all. Pure.
 */
import { createHash } from "node:crypto"
import type { LogRecord } from "../../bridge/event-log/service.ts"
import { isParamOf } from "../../contracts/enrichment-step.ts"
import type { EventId } from "../../contracts/ids.ts"
import { withoutMatching, withoutParams } from "../../contracts/wire/query.ts"
import { visitorNames } from "../../gateway/privacy/visitor-id.ts"
import type { CountedEvent } from "../inspect/counters/counted-event.ts"

/** The gateway's settings for what it writes into an event. */
export interface Written {
  /** `EVENT_ID_PARAM`. */
  readonly idParam: string
  /** It adds visitor ids, and removes client parameters of the same names. */
  readonly hasVisitorIds: boolean
  /** `TRACE_PARAM`; undefined when it adds no trace context. */
  readonly traceParam?: string | undefined
  /** The names of the enrichment steps (`ENRICH_STEPS`), whose answers may differ between two tries. */
  readonly steps?: ReadonlyArray<string>
}

/** The fence id of a record; undefined for a record without any id. */
export const fenceId = (
  record: LogRecord,
  event: CountedEvent | undefined,
  { idParam, hasVisitorIds, traceParam, steps = [] }: Written
): EventId | undefined => {
  const given = event?.param(idParam)
  if (event === undefined || given === undefined || given === "")
    return record.headers.id as EventId | undefined
  const own = hasVisitorIds ? withoutParams(event.params, visitorNames) : event.params
  const untraced = traceParam === undefined ? own : withoutParams(own, new Set([traceParam]))
  const isAdded = (name: string): boolean => steps.some((step) => isParamOf(step, name))
  const params = steps.length === 0 ? untraced : withoutMatching(untraced, isAdded)
  const hash = createHash("sha256").update(`${event.encodedType} ${params}`).digest("hex")
  return `${hash.slice(0, 32)}-0` as EventId
}
