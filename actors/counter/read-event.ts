/** A record of the log as consumers see it: the event in either dialect under the same names. */
import { Buffer } from "node:buffer"
import type { LogRecord } from "../../bridge/event-log/service.ts"
import type { Bytes } from "../../contracts/event.ts"
import { ipText } from "../../contracts/wire/ip-text.ts"
import { paramValue } from "../../contracts/wire/params.ts"
import { eventType, parseRecord } from "../../contracts/wire/record.ts"

export interface CountedEvent {
  /** The event type: the last segment of the path in either dialect, as text. */
  readonly type: string
  /** The client's address as text; empty where absent. */
  readonly address: string
  /** A value of the record's meta part, decoded; empty where absent. */
  readonly meta: (name: string) => string
  /** A parameter's value, decoded; undefined where absent. */
  readonly param: (name: string) => string | undefined
  /** All parameters as the record has them. */
  readonly params: Bytes
  /** Time spent between the edge and the enricher, and between the edge and the log; milliseconds. */
  readonly klag: number
  readonly wholeWay: number
}

/** The event in a record; undefined when the record is not one of the contract's. */
export const readEvent = (record: LogRecord): CountedEvent | undefined => {
  const bytes = Buffer.from(record.value.buffer, record.value.byteOffset, record.value.byteLength)
  const parsed = parseRecord(bytes.toString("latin1") as Bytes)
  if (parsed === undefined) return undefined
  const meta = new Map(parsed.meta)
  const isSeconds = parsed.dialect === "adtekio"
  const milliseconds = (text: string | undefined): number => (Number(text) || 0) * (isSeconds ? 1000 : 1)
  const event = isSeconds ? eventType(parsed.event) : parsed.event
  return {
    type: Buffer.from(event, "latin1").toString("utf8"),
    address: ipText(meta.get("ip") ?? "", parsed.dialect),
    meta: (name) => meta.get(name) ?? "",
    param: (name) => paramValue(parsed.params, name),
    params: parsed.params,
    klag: milliseconds(meta.get("klag")),
    wholeWay: record.timestamp - milliseconds(meta.get("ts"))
  }
}
