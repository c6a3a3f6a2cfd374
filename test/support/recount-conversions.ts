/**
 * A recount of conversions from the log, independent of the attributor: which click has won which install. It is exact where
 * each address belongs to one device: installs of several devices may compete for a click by address, and then a backlog
 * decides. Give each device of a load an address of its own.
 */
import { createHash } from "node:crypto"
import { Effect } from "effect"
import type { EventLog } from "../../bridge/event-log/service.ts"
import type { Topic } from "../../contracts/ids.ts"

/** A click or an install. Times: milliseconds since 1970 of the log. `keys`: of a click one, of an install those in order. */
export interface RecountedClick {
  readonly id: string
  readonly at: number
  readonly key: string
  readonly from: number
  readonly till: number
}
export interface RecountedInstall {
  readonly id: string
  readonly at: number
  readonly keys: ReadonlyArray<string>
}

const hash = (way: string, text: string): string => createHash(way).update(text).digest("hex")

/** The keys of an install with that advertising id and that address and platform; each may be absent. */
export const keysOf = (adid: string | undefined, place: string | undefined): ReadonlyArray<string> => {
  const hashes = (way: string): ReadonlyArray<string> =>
    adid === undefined ? [] : [hash(way, adid.toUpperCase()), hash(way, adid.toLowerCase())]
  const texts = [...(adid === undefined ? [] : [adid.toLowerCase()]), ...hashes("sha1"), ...hashes("md5")]
  return [...new Set([...texts, ...(place === undefined ? [] : [place])].map((text) => hash("md5", text)))]
}

/** Which click has won which install, as `<click id> <install id>`, in order of text. */
export const attributed = (
  clicks: ReadonlyArray<RecountedClick>,
  installs: ReadonlyArray<RecountedInstall>,
  beforeMs: number
): ReadonlyArray<string> => {
  const free = new Set(clicks.toSorted((a, b) => a.till - b.till || a.at - b.at || (a.id < b.id ? -1 : 1)))
  const turns = installs.map((install) => ({ install, hop: 0, time: install.at }))
  const found: Array<string> = []
  for (;;) {
    turns.sort(
      (a, b) => a.time - b.time || a.install.at - b.install.at || (a.install.id < b.install.id ? -1 : 1)
    )
    const turn = turns.shift()
    if (turn === undefined) return found.toSorted()
    const { install, hop, time } = turn
    const { at, keys } = install
    if (hop >= keys.length) continue
    const own = [...free].filter(({ key, from, till }) => key === keys[hop] && from <= at && at <= till)
    const click = own.find((one) => one.at <= time)
    if (click !== undefined) {
      free.delete(click)
      found.push(`${click.id} ${install.id}`)
    } else if (hop === 0 && time < at + beforeMs) {
      const coming = own.map((one) => one.at).filter((one) => one > time)
      turns.push({ install, hop, time: Math.min(at + beforeMs, ...coming) })
    } else {
      const next = hop + 1
      turns.push({ install, hop: next, time: at + beforeMs + Math.ceil((next * beforeMs) / 10) })
    }
  }
}

/** A record of the log, from whatever client has read it; `timestamp`: milliseconds since 1970. */
export interface ReadRecord {
  readonly topic: string
  readonly place: string
  readonly timestamp: number
  readonly headers: Readonly<Record<string, string>>
  readonly value: Uint8Array
}

interface Stored {
  readonly id: string
  readonly topic: string
  readonly type: string
  readonly at: number
  readonly received: number
  readonly params: URLSearchParams
  readonly meta: URLSearchParams
}

/** The events in the records, each once, by its id. */
const eventsIn = (records: ReadonlyArray<ReadRecord>): ReadonlyArray<Stored> => {
  const events = new Map<string, Stored>()
  for (const { topic, place, timestamp, headers, value } of records) {
    const [event = "", meta, params] = new TextDecoder().decode(value).split(" ")
    const id = headers.id ?? `${topic} ${place}`
    if (events.has(id)) continue
    const received = Number(headers.received ?? timestamp)
    const read = { meta: new URLSearchParams(meta), params: new URLSearchParams(params) }
    events.set(id, { id, topic, type: event.split("/").at(-1) ?? "", at: timestamp, received, ...read })
  }
  return [...events.values()]
}

/** Milliseconds: ATTRIBUTION_BEFORE and ATTRIBUTION_WINDOW. */
export interface AttributionTimes {
  readonly beforeMs: number
  readonly windowMs: number
}

/** What the conversions must be, once every install is decided, by these records of all topics. */
export const recountOf = (
  records: ReadonlyArray<ReadRecord>,
  { beforeMs, windowMs }: AttributionTimes
): ReadonlyArray<string> => {
  const events = eventsIn(records)
  const clicks = events.flatMap(({ id, topic, type, at, received, params }): Array<RecountedClick> => {
    const key = params.get("lookup_key")
    if (topic !== "clicks" || !(type === "click" || type === "go") || key === null) return []
    const [from, till] = ["attr_window_from", "attr_window_till"].map((name) => params.get(name))
    const lookback = params.get("click_lookback")
    const length = lookback === null ? windowMs : Number(lookback) * 1000
    return [
      {
        ...{ id, at, key },
        from: from ? Date.parse(from) - received + at : at - beforeMs,
        till: till ? Date.parse(till) - received + at : at + length
      }
    ]
  })
  const installs = events.flatMap(({ id, topic, type, at, params, meta }) => {
    if (type !== "ist" || topic === "clicks") return []
    const platform = (meta.get("platform") ?? meta.get("os") ?? "").toLowerCase()
    const address = addressOf(meta)
    const adid = params.get("adid") ?? undefined
    return [{ id, at, keys: keysOf(adid, address === undefined ? undefined : `${address}.${platform}`) }]
  })
  return attributed(clicks, installs, beforeMs)
}

/** The IPv4 address of a record: a decimal number (with `platform`) or a hexadecimal one; undefined without. */
const addressOf = (meta: URLSearchParams): string | undefined => {
  const text = meta.get("ip") ?? ""
  if (text === "" || text === "0") return undefined
  const number = BigInt(meta.has("platform") ? text : `0x${text}`) & 0xffff_ffffn
  return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 255n).join(".")
}

/** The conversions in the records of their topic, each once, by its id, as `<click id> <install id>`, in order of text. */
export const conversionsOf = (records: ReadonlyArray<ReadRecord>): ReadonlyArray<string> =>
  eventsIn(records)
    .filter(({ type }) => type === "mac")
    .map(({ params }) => `${params.get("click_id")} ${params.get("event_id")}`)
    .toSorted()

const read = Effect.fnUntraced(function* (log: Pick<EventLog["Service"], "scan">, topics: ReadonlyArray<Topic>) {
  const found: Array<ReadRecord> = []
  yield* log.scan({ topics, since: 0 }, ({ topic, partition, records }) => {
    for (const { value, headers, timestamp, offset } of records)
      found.push({ topic, place: `${partition} ${offset}`, timestamp, headers, value })
    return false
  })
  return found
})

/** `recountOf` the records in a log. */
export const recount = (log: Pick<EventLog["Service"], "scan">, topics: ReadonlyArray<Topic>, times: AttributionTimes) =>
  Effect.map(read(log, topics), (records) => recountOf(records, times))

/** `conversionsOf` the records in a log, and the number of records. */
export const conversionsIn = (log: Pick<EventLog["Service"], "scan">, topic: Topic) =>
  Effect.map(read(log, [topic]), (records) => ({
    conversions: conversionsOf(records),
    records: records.length
  }))
