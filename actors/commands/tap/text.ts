/** An event as one line for a person: what a stranger wrote in it is made plain first, so that it steers no terminal. */
import type { EventView } from "../../inspect/events/messages.ts"
import { number, plain, shortened, timeOfDay } from "../../inspect/plain-text.ts"
import type { Colours } from "../colours.ts"

/** How much of one text is shown, in characters; `--json` has all of it. */
const longest = 120

/** Time (UTC, or local where that is asked for), why it was rejected, type, country, device, address, parameters; where it lies, its lag and its id. */
export const tapLine = (event: EventView, { dim, bold, red, cyan }: Colours): string => {
  const { type, country, address, params, raw, reason, detail, by } = event
  const why = reason === undefined ? "" : `${reason}${by === undefined ? "" : ` (${by})`}`
  const parts = [
    dim(timeOfDay(event.timestamp)),
    red(shown(why)),
    red(shown(detail ?? "")),
    bold(shown(type)),
    cyan(shown(country)),
    shown(deviceOf(event)),
    shown(address),
    type === ""
      ? shown(raw)
      : params.map(([name, value]) => `${cyan(shown(name))}=${quoted(value)}`).join(" "),
    dim(placeOf(event)),
    dim(event.klag === undefined ? "" : `${number(event.klag)} ms`),
    dim(shown(event.id))
  ]
  return parts.filter((part) => part !== "").join("  ")
}

const shown = (text: string): string => plain(shortened(text, longest))

/** So that one can see where a value ends. */
const quoted = (value: string): string => {
  const text = shown(value)
  return /[ "]/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text
}

/** Before it is enriched, only the user agent tells of the device. */
const deviceOf = ({ device, meta }: EventView): string =>
  device === "" ? (meta.find(([name]) => name === "user agent")?.[1] ?? "") : device

const placeOf = ({ topic, partition, offset }: EventView): string =>
  partition === undefined || offset === undefined
    ? shown(topic)
    : `${shown(topic)}/${partition}@${shown(offset)}`
