/**
 * The record in Kafka: `event meta params`, three parts separated by one space, written and parsed in both dialects. The
 * event and the params are bytes of the line. `klag` is now − ts. It is negative when the edge's clock is
 * ahead; a minimum of zero would hide that.
 */
import { type ByteString, bytesOf, type Dialect, type RawEvent } from "../event.ts"
import type { Device, Enrichment } from "./enrichment.ts"
import { ipDecimal, ipHex } from "./ip.ts"
import { type Param, readPair } from "./params.ts"
import { decodeValue, encodeValue } from "./percent.ts"

/** The last non-empty segment of a path that begins with `/`; `/` for the root path. */
export const eventType = (path: ByteString): ByteString => {
  let end = path.length
  while (end > 0 && path.charCodeAt(end - 1) === 47) end--
  return (end === 0 ? "/" : path.slice(path.lastIndexOf("/", end - 1) + 1, end)) as ByteString
}

/** An event type or the last segment of a path for people: percent-decoded. A `+` stays, as in every path. */
export const eventTypeText = (type: ByteString): string => decodeValue(type, false)

/** Formats the record of an event in the dialect of its line. */
export const formatRecord = (event: RawEvent, enrichment: Enrichment): ByteString =>
  event.dialect === "adtekio" ? adtekioRecord(event, enrichment) : pushtechRecord(event, enrichment)

/** Contains all keys, in this order; an unknown value is empty. */
export const pushtechRecord = (event: RawEvent, { device, place, now }: Enrichment): ByteString =>
  `${eventType(event.path)} ${device.meta ?? deviceMeta(device)}&host=${encodeValue(event.host)}&pod=${encodeValue(
    event.pod
  )}&ts=${event.ts}&ip=${ipHex(event.ip)}&klag=${now - event.ts}&${placeMeta(place)} ${event.query}` as ByteString

/** The part of a record about the device. It is the same for all its events, so a cache of devices can hold it. */
export const deviceMeta = ({ type, browser, engine, version, os }: Omit<Device, "meta">): ByteString =>
  `type=${type}&browser=${encodeValue(browser)}&engine=${encodeValue(engine)}&version=${encodeValue(
    version
  )}&os=${encodeValue(os)}` as ByteString

const placeMeta = ({ country, city }: Enrichment["place"]): string =>
  `country=${encodeValue(bytesOf(country))}&city=${encodeValue(bytesOf(city))}`

/**
 * Contains all keys, in alphabetical order; a key without a value has no `=`, except `platform`, which keeps it in this
 * dialect. `klag` is in whole seconds; `device` is empty for bots.
 */
export const adtekioRecord = (event: RawEvent, { device, place, now }: Enrichment): ByteString => {
  const type = device.type === "Bot" || device.type === "Unknown" ? "" : device.type.toLowerCase()
  const country = place.country === "XX" ? "" : place.country
  return `${event.path} ${pair("bot_name", device.botName)}&${pair("country", bytesOf(country))}&${pair(
    "device",
    type as ByteString
  )}&${pair("device_name", device.model)}&${pair("ip", ipDecimal(event.ip) as ByteString)}&klag=${
    Math.floor(now / 1000) - event.ts
  }&platform=${encodeValue(device.os.toLowerCase() as ByteString)}&ts=${event.ts} ${event.query}` as ByteString
}

const pair = (key: string, value: ByteString): string => (value === "" ? key : `${key}=${encodeValue(value)}`)

/** The three parts of a record, unchanged. */
export interface SplitRecord {
  readonly dialect: Dialect
  readonly event: ByteString
  readonly meta: ByteString
  readonly params: ByteString
}

/** A parsed record. */
export interface ParsedRecord {
  readonly dialect: Dialect
  /** The event type (pushtech) or the whole path (adtekio), as in the record. */
  readonly event: ByteString
  /** Decoded, in the order of the record. */
  readonly meta: ReadonlyArray<Param>
  /** The query as in the record; `parseParams` parses it. */
  readonly params: ByteString
}

/** Parses a record; undefined for any other text. Never throws. */
export const parseRecord = (value: ByteString): ParsedRecord | undefined => {
  const split = splitRecord(value)
  if (split === undefined) return undefined
  return { ...split, meta: split.meta.split("&").map((text) => readPair(text as ByteString, false)) }
}

/** The decoded value of that name in a record's meta part: the last of several, empty when absent. */
export const metaValue = (meta: ByteString, name: string): string => {
  const at = meta.lastIndexOf(`&${name}=`)
  if (at === -1 && !meta.startsWith(`${name}=`)) return ""
  const start = at + name.length + 2
  const end = meta.indexOf("&", start)
  return decodeValue(meta.slice(start, end === -1 ? meta.length : end) as ByteString, false)
}

/** The parts of a record; undefined for any other text. The first key of its meta defines the dialect. Never throws. */
export const splitRecord = (value: ByteString): SplitRecord | undefined => {
  const first = value.indexOf(" ")
  const second = first === -1 ? -1 : value.indexOf(" ", first + 1)
  if (first < 1 || second === -1 || value.includes(" ", second + 1)) return undefined
  const meta = value.slice(first + 1, second) as ByteString
  const dialect = meta.startsWith("type=") ? "pushtech" : /^bot_name[=&]/.test(meta) ? "adtekio" : undefined
  if (dialect === undefined) return undefined
  return {
    dialect,
    event: value.slice(0, first) as ByteString,
    meta,
    params: value.slice(second + 1) as ByteString
  }
}
