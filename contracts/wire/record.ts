/**
 * The record that Kafka gets: `event meta params`, three parts with one space between, written and read in both dialects.
 * The event and the params are the line's own bytes. `klag` is now − ts as it comes out: it is negative where the
 * edge's clock is ahead of ours, because a zero would hide that.
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

/** An event type or a path's last segment as people read it: percent-decoded. A `+` stays, as in every path. */
export const eventTypeText = (type: ByteString): string => decodeValue(type, false)

/** The record of an event in the dialect of its line. */
export const formatRecord = (event: RawEvent, enrichment: Enrichment): ByteString =>
  event.dialect === "adtekio" ? adtekioRecord(event, enrichment) : pushtechRecord(event, enrichment)

/** All keys, always, in this order; empty where unknown. */
export const pushtechRecord = (event: RawEvent, { device, place, now }: Enrichment): ByteString =>
  `${eventType(event.path)} ${device.meta ?? deviceMeta(device)}&host=${encodeValue(event.host)}&pod=${encodeValue(
    event.pod
  )}&ts=${event.ts}&ip=${ipHex(event.ip)}&klag=${now - event.ts}&${placeMeta(place)} ${event.query}` as ByteString

/** What such a record says of a device. It is the same for all events of it, so whoever remembers devices keeps it. */
export const deviceMeta = ({ type, browser, engine, version, os }: Omit<Device, "meta">): ByteString =>
  `type=${type}&browser=${encodeValue(browser)}&engine=${encodeValue(engine)}&version=${encodeValue(
    version
  )}&os=${encodeValue(os)}` as ByteString

const placeMeta = ({ country, city }: Enrichment["place"]): string =>
  `country=${encodeValue(bytesOf(country))}&city=${encodeValue(bytesOf(city))}`

/**
 * All keys, always, in alphabetical order; a key without a value stands bare. The exception is `platform`, which keeps
 * its `=`, as the dialect has always had it. `klag` counts whole seconds; `device` is not said of bots.
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

/** A record in its three parts, each as it stands there. */
export interface SplitRecord {
  readonly dialect: Dialect
  readonly event: ByteString
  readonly meta: ByteString
  readonly params: ByteString
}

/** A record taken apart. */
export interface ParsedRecord {
  readonly dialect: Dialect
  /** The event type (pushtech) or the whole path (adtekio), as it stands in the record. */
  readonly event: ByteString
  /** Decoded, in the record's order. */
  readonly meta: ReadonlyArray<Param>
  /** The query as it stands in the record; `parseParams` reads it. */
  readonly params: ByteString
}

/** Reads a record; undefined for anything that is not one. Never throws. */
export const parseRecord = (value: ByteString): ParsedRecord | undefined => {
  const split = splitRecord(value)
  if (split === undefined) return undefined
  return { ...split, meta: split.meta.split("&").map((piece) => readPair(piece as ByteString, false)) }
}

/** The value of that name in a record's meta part, decoded, the last where there are several; empty where absent. */
export const metaValue = (meta: ByteString, name: string): string => {
  const at = meta.lastIndexOf(`&${name}=`)
  if (at === -1 && !meta.startsWith(`${name}=`)) return ""
  const start = at + name.length + 2
  const end = meta.indexOf("&", start)
  return decodeValue(meta.slice(start, end === -1 ? meta.length : end) as ByteString, false)
}

/** A record's parts; undefined for anything that is not one. The first key of its meta tells the dialect. Never throws. */
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
