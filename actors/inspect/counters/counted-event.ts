/**
 * A record of the log as consumers see it: the event of either dialect under the same names. A counter needs few values
 * of a record, so each value is found and decoded only when it is read. Pure.
 */
import type { LogRecord } from "../../../bridge/event-log/service.ts"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import { type ByteString, textOf } from "../../../contracts/event.ts"
import { ipText } from "../../../contracts/wire/ip-text.ts"
import { isOtherUnit } from "../../../contracts/wire/line-time.ts"
import { paramValue, paramValues } from "../../../contracts/wire/params.ts"
import {
  eventType,
  eventTypeText,
  metaValue,
  type SplitRecord,
  splitRecord
} from "../../../contracts/wire/record.ts"

/** The event in a record. Each value is read when it is asked for. */
export class CountedEvent {
  private readonly split: SplitRecord
  private readonly timestamp: number

  constructor(split: SplitRecord, timestamp: number) {
    this.split = split
    this.timestamp = timestamp
  }

  /** The event type for people: the last segment of the path in either dialect, percent-decoded. */
  get type(): string {
    return eventTypeText(this.typeBytes)
  }

  /** The event type as written in the record, not decoded. */
  get encodedType(): string {
    return textOf(this.typeBytes)
  }

  /** The path of the request, not decoded, where the record has it (adtekio dialect); else the event type. */
  get path(): string {
    return textOf(this.split.event)
  }

  private get typeBytes(): ByteString {
    const { dialect, event } = this.split
    return dialect === "adtekio" ? eventType(event) : event
  }

  /** The client's address as text; empty where absent. */
  get address(): string {
    return ipText(this.meta("ip"), this.split.dialect)
  }

  /** A value of the record's meta part, decoded; empty where absent. */
  meta(name: string): string {
    return metaValue(this.split.meta, name)
  }

  /** A parameter's value, decoded; undefined where absent. */
  param(name: string): string | undefined {
    return paramValue(this.split.params, name)
  }

  /**
   * The values of a parameter that may be repeated or a list (`name[]`), decoded and joined with commas, as the previous
   * system did; undefined where absent.
   */
  list(name: string): string | undefined {
    const values = paramValues(this.split.params, name)
    return values.length === 0 ? undefined : values.join(",")
  }

  /** All parameters as written in the record. */
  get params(): ByteString {
    return this.split.params
  }

  /** The time from the edge to the enricher, milliseconds. */
  get klag(): number {
    return this.milliseconds("klag")
  }

  /** The time from the edge to the log, milliseconds. */
  get wholeWay(): number {
    return this.timestamp - this.milliseconds("ts")
  }

  /** Is the line's time in the unit of the other dialect? The durations are then meaningless. */
  get isOtherUnit(): boolean {
    return isOtherUnit(Number(this.meta("ts")) || 0, this.split.dialect, this.timestamp)
  }

  private milliseconds(name: string): number {
    return (Number(this.meta(name)) || 0) * (this.split.dialect === "adtekio" ? 1000 : 1)
  }
}

/**
 * The event in a record; undefined if the record does not follow the contract.
 *
 * @example
 * ```ts
 * const browser = readEvent(record)?.meta("browser") ?? ""
 * ```
 */
export const readEvent = (record: LogRecord): CountedEvent | undefined => {
  const split = splitRecord(record.text ?? byteStringOf(record.value))
  return split === undefined ? undefined : new CountedEvent(split, record.timestamp)
}
