/** Decodes an event into the view that people see, with masked values hidden. Pure. */
import { type ByteString, textOf } from "../../../contracts/event.ts"
import type { Topic } from "../../../contracts/ids.ts"
import type { DeviceType } from "../../../contracts/wire/enrichment.ts"
import { ipText } from "../../../contracts/wire/ip-text.ts"
import { parseLine } from "../../../contracts/wire/line.ts"
import { type Param, parseParams } from "../../../contracts/wire/params.ts"
import { eventType, eventTypeText, type ParsedRecord, parseRecord } from "../../../contracts/wire/record.ts"
import { type Mask, maskedLine, maskedPairs, maskedRecord, maskedText, noMask } from "./mask.ts"
import type { EventView, Times } from "./messages.ts"
import type { FeedRecord } from "./staged-event.ts"

/** The view of an event; parts that cannot be parsed are empty. Never throws. */
export const eventView = (record: FeedRecord, mask: Mask = noMask): EventView =>
  record.stage === "raw" || record.stage === "rejected" ? lineView(record, mask) : recordView(record, mask)

/** The decoded event type of a record, even of an invalid one: its first part; of a path, the last segment. */
export const typeOf = (value: ByteString): string => {
  const space = value.indexOf(" ")
  const event = (space === -1 ? value : value.slice(0, space)) as ByteString
  return eventTypeText(event.startsWith("/") ? eventType(event) : event)
}

/** The fields of a view whose event cannot be parsed. */
const nothing = {
  type: "",
  country: "",
  device: "",
  deviceType: "",
  address: "",
  klag: undefined,
  meta: [],
  params: []
} as const

/** NOTE: bytes that cannot be parsed may contain a masked value anywhere, so with a mask they are not shown at all. */
const recordView = ({ value, times, ...place }: FeedRecord, mask: Mask): EventView => {
  const parsed = parseRecord(value)
  if (parsed === undefined) {
    const seen = mask.isOn ? { raw: maskedText } : { raw: textOf(value), type: typeOf(value) }
    return { ...nothing, ...place, ...seen, times }
  }
  const { raw, shown } = mask.isOn ? masked(value, mask) : { raw: value, shown: parsed }
  const isSeconds = parsed.dialect === "adtekio"
  const meta = new Map(shown.meta)
  const address = meta.get("ip") ?? ""
  return {
    ...place,
    type: typeOf(value),
    country: meta.get("country") ?? "",
    device: deviceOf(meta),
    deviceType: deviceTypeOf(meta),
    address: mask.hidesAddress && address !== "" ? maskedText : ipText(address, parsed.dialect),
    klag: scaled(meta.get("klag"), isSeconds),
    meta: shown.meta,
    params: parseParams(shown.params),
    raw: textOf(raw),
    times: withReceived(times, scaled(new Map(parsed.meta).get("ts"), isSeconds))
  }
}

const masked = (
  value: ByteString,
  mask: Mask
): { readonly raw: ByteString; readonly shown: ParsedRecord } => {
  const raw = maskedRecord(value, mask)
  const shown = parseRecord(raw)
  return shown === undefined
    ? {
        raw: "" as ByteString,
        shown: { dialect: "pushtech", event: "" as ByteString, meta: [], params: "" as ByteString }
      }
    : { raw, shown }
}

const lineView = ({ value, times, topic, detail, ...place }: FeedRecord, mask: Mask): EventView => {
  // The detail of a rejection may quote the event.
  const masking = detail === undefined ? {} : { detail: mask.isOn ? maskedText : detail }
  const parsed = parseLine(value, { topic: topic as Topic, topics: new Set() }, 0)
  if (parsed.kind === "unreadable") {
    return { ...nothing, ...place, ...masking, topic, raw: mask.isOn ? maskedText : textOf(value), times }
  }
  const { dialect, ip, ts, host, pod, path, query, userAgent } = parsed.event
  const address = mask.hidesAddress ? maskedText : ip
  const meta: ReadonlyArray<Param> = [
    ["ip", address],
    ["ts", String(ts)],
    ["host", textOf(host)],
    ["pod", textOf(pod)],
    ["path", textOf(path)],
    ["user agent", textOf(userAgent)]
  ]
  return {
    ...nothing,
    ...place,
    ...masking,
    topic,
    type: eventTypeText(eventType(path)),
    address,
    meta: meta
      .filter(([, text]) => text !== "")
      .map(([name, text]) => [name, mask.hides(name) ? maskedText : text]),
    params: parseParams(mask.isOn ? maskedPairs(query, true, mask.hides) : query),
    raw: textOf(mask.isOn ? maskedLine(value, dialect, mask) : value),
    times: withReceived(times, dialect === "adtekio" ? ts * 1000 : ts)
  }
}

/** A whole number in milliseconds; seconds are converted. */
const scaled = (text: string | undefined, isSeconds: boolean): number | undefined =>
  text !== undefined && /^-?\d{1,16}$/.test(text) ? Number(text) * (isSeconds ? 1000 : 1) : undefined

/** Adds the edge's time from the event itself, if no header has it. */
const withReceived = (times: Times, received: number | undefined): Times =>
  times.received !== undefined || received === undefined ? times : { received, ...times }

/** Device types as one dialect writes them; the other uses lower case, and marks a bot only by its name. */
const types: ReadonlyMap<string, DeviceType> = new Map(
  (["Desktop", "Mobile", "Tablet", "TV", "Console", "Wearable", "Bot", "Unknown"] as const).map((type) => [
    type.toLowerCase(),
    type
  ])
)

export const deviceTypeOf = (meta: Pick<ReadonlyMap<string, string>, "get">): string => {
  if ((meta.get("bot_name") ?? "") !== "") return "Bot"
  const written = meta.get("type") ?? meta.get("device") ?? ""
  return types.get(written.toLowerCase()) ?? written
}

/** `Pixel 8`, `Googlebot`, or `Mobile · Android · Chrome 129`. */
const deviceOf = (meta: ReadonlyMap<string, string>): string => {
  const name = meta.get("bot_name") || meta.get("device_name") || ""
  if (name !== "") return name
  const browser = `${meta.get("browser") ?? ""} ${meta.get("version")?.split(".")[0] ?? ""}`.trim()
  return [deviceTypeOf(meta), meta.get("os") || meta.get("platform") || "", browser]
    .filter((part) => part !== "")
    .join(" · ")
}
