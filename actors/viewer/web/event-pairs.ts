/** The name-value pairs of an event in the parts they are shown in, and their values as elements. */
import type { Param } from "../../../contracts/wire/params.ts"
import type { EventView } from "../../inspect/events/messages.ts"
import { eventLocationAddress } from "./addresses.ts"
import { type Content, element, link } from "./element.ts"
import { choiceButton } from "./filter-choice.ts"
import { explained } from "./glossary.ts"
import { inert } from "./inert-text.ts"
import { clock } from "./times.ts"

/** Longer names and values are cut, characters. */
export const maxTextLength = 4_000

/** Pairs under a title. */
export interface PairsPart {
  readonly title: string
  /** The name for screen readers. */
  readonly what: string
  readonly pairs: ReadonlyArray<Param>
  readonly contentOf: (pair: Param) => Content
  /** Shown although there are no pairs. */
  readonly isAlwaysShown: boolean
}

const deviceNames: ReadonlySet<string> = new Set([
  "type",
  "browser",
  "engine",
  "version",
  "os",
  "device",
  "device_name",
  "platform",
  "bot_name"
])
const placeNames: ReadonlySet<string> = new Set(["country", "city", "ip"])

const hint = (content: Content): HTMLElement => element("span", "hint", content)

/** Seconds or milliseconds since 1970, as a time. */
const timestamp = (text: string): Content => {
  if (!/^\d{9,14}$/.test(text)) return inert(text, maxTextLength)
  const value = Number(text)
  return [clock(value < 100_000_000_000 ? value * 1000 : value), hint(` = ${text}`)]
}

const metaValue =
  ({ country, deviceType, address }: EventView) =>
  ([name, value]: Param): Content => {
    if (value === "") return hint("empty")
    if (name === "country" && value === country)
      return choiceButton("country", value, inert(value, maxTextLength))
    if (name === "type" && value === deviceType)
      return choiceButton("device", value, inert(value, maxTextLength))
    if (value === "XX") return explained(value)
    if (name === "ip" && address !== "" && address !== value)
      return [inert(address), hint([" = ", inert(value, maxTextLength)])]
    return name === "ts" ? timestamp(value) : inert(value, maxTextLength)
  }

const paramValue = ([name, value]: Param): Content =>
  choiceButton("param", value, value === "" ? hint("empty") : inert(value, maxTextLength), name)

/** NOTE: an event that is waiting or dead-lettered has no time of its own: its `timestamp` is 0. */
const coordinatesOf = (event: EventView): ReadonlyArray<Param> => {
  const { topic, partition, offset, id, timestamp: at, stage, by } = event
  const all: ReadonlyArray<readonly [name: string, value: string | undefined]> = [
    ["stage", stage],
    ["topic", topic],
    ["partition", partition === undefined ? undefined : String(partition)],
    ["offset", offset],
    ["time", at === 0 ? undefined : new Date(at).toISOString()],
    ["id", id],
    ["rejected by", by]
  ]
  return all.flatMap(([name, value]) => (value === undefined || value === "" ? [] : [[name, value] as const]))
}

const coordinateValue =
  ({ timestamp: at }: EventView) =>
  ([name, value]: Param): Content => {
    if (name === "topic") return choiceButton("topic", value)
    if (name === "time") return clock(at)
    if (name === "id")
      return [
        choiceButton("text", value, inert(value)),
        " ",
        link(eventLocationAddress(value), "ledger", "aside")
      ]
    return inert(value)
  }

/** The parts of an event, in order. */
export const pairsPartsOf = (event: EventView): ReadonlyArray<PairsPart> => {
  const contentOf = metaValue(event)
  const meta = (title: string, what: string, isIncluded: (name: string) => boolean): PairsPart => ({
    title,
    what,
    pairs: event.meta.filter(([name]) => isIncluded(name)),
    contentOf,
    isAlwaysShown: false
  })
  return [
    {
      title: "Parameters",
      what: "the parameters",
      pairs: event.params,
      contentOf: paramValue,
      isAlwaysShown: true
    },
    meta("Device", "the device", (name) => deviceNames.has(name)),
    meta("Place", "the place", (name) => placeNames.has(name)),
    meta("Meta", "the metadata", (name) => !deviceNames.has(name) && !placeNames.has(name)),
    {
      title: "Coordinates",
      what: "the coordinates",
      pairs: coordinatesOf(event),
      contentOf: coordinateValue(event),
      isAlwaysShown: true
    }
  ]
}
