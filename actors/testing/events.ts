/** Events for tests of actors: records as consumers read them, and lines as trackers push them. Pure. */
import type { NewRecord } from "../../bridge/event-log/service.ts"
import { type ByteString, bytesOf, type RawEvent } from "../../contracts/event.ts"
import { Topic } from "../../contracts/ids.ts"
import type { DeviceType } from "../../contracts/wire/enrichment.ts"
import { formatLine } from "../../contracts/wire/line.ts"
import { encodeValue } from "../../contracts/wire/percent.ts"
import { pushtechRecord } from "../../contracts/wire/record.ts"

/** When a test begins, unless it says otherwise: milliseconds since 1970. */
export const testBegins = Date.UTC(2026, 0, 1)

/** The parts of an event that a test cares about; all others have a plausible value. */
export interface Fields {
  /** The event type; default `event`. */
  readonly type?: string
  readonly params?: Readonly<Record<string, string>>
  /** When the edge received it, milliseconds since 1970; default: when a test begins. */
  readonly at?: number
  /** The client's IP address. */
  readonly address?: string
  readonly host?: string
  readonly pod?: string
  /** Of a line only; a record has what was detected from it. */
  readonly userAgent?: string
  /** Of a record only, like all below. */
  readonly device?: DeviceType
  readonly browser?: string
  readonly os?: string
  /** ISO 3166 alpha-2. */
  readonly country?: string
  readonly city?: string
  /** The topic of a record; default `events`. */
  readonly topic?: string
  /** The key of a record; default none. */
  readonly key?: string
  /** The event id of a record, by which it counts once; default none. */
  readonly id?: string
}

/**
 * A record, to be appended to the log.
 *
 * @example
 * ```ts
 * yield* actor.append([record({ type: "offr", browser: "Firefox", params: { item: "42" } })])
 * ```
 */
export const record = (fields: Fields = {}): NewRecord => {
  const { device = "Desktop", browser = "", os = "", country = "XX", city = "XX", at = testBegins } = fields
  const none = "" as ByteString
  const text = pushtechRecord(rawEventOf(fields), {
    device: {
      ...{ type: device, browser: bytesOf(browser), os: bytesOf(os) },
      ...{ engine: none, version: none, model: none, botName: none }
    },
    place: { country, city },
    now: at
  })
  return {
    topic: Topic.make(fields.topic ?? "events"),
    value: Uint8Array.from(text, (character) => character.charCodeAt(0)),
    headers: fields.id === undefined ? {} : { id: fields.id },
    ...(fields.key === undefined ? {} : { key: fields.key })
  }
}

/**
 * A line, to be pushed to the queue.
 *
 * @example
 * ```ts
 * yield* actor.push([line({ type: "app_open", userAgent: "curl/8" })])
 * ```
 */
export const line = (fields: Fields = {}): ByteString =>
  formatLine({ ...rawEventOf(fields), dialect: "pushtech" })

const rawEventOf = (fields: Fields): RawEvent => ({
  index: 0,
  dialect: "pushtech",
  topic: Topic.make(fields.topic ?? "events"),
  ip: fields.address ?? "203.0.113.7",
  ts: fields.at ?? testBegins,
  host: bytesOf(fields.host ?? "test"),
  pod: bytesOf(fields.pod ?? "pod-1"),
  path: bytesOf(`/t/${fields.type ?? "event"}`),
  query: queryOf(fields.params ?? {}),
  userAgent: bytesOf(fields.userAgent ?? "")
})

/** As the edge writes it: `e` without parameters. */
const queryOf = (params: Readonly<Record<string, string>>): ByteString =>
  (Object.entries(params)
    .map(([name, value]) => `${encodeValue(bytesOf(name))}=${encodeValue(bytesOf(value))}`)
    .join("&") || "e") as ByteString
