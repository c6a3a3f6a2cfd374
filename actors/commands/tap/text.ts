/** An event as one line for a terminal. Control characters of untrusted texts are escaped. Pure. */
import type { EventView } from "../../inspect/events/messages.ts"
import { number, plain, shortened, timeOfDay } from "../../inspect/plain-text.ts"
import type { Colours } from "../colours.ts"

/** Longer texts are shortened; `--json` has them whole. In characters. */
const maxTextLength = 120

/** Time (UTC, or local with --local), rejection, type, country, device, address, parameters, place in the log, lag, id. */
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

const shown = (text: string): string => plain(shortened(text, maxTextLength))

/** In quotes when it has a space or a quote, so that its end can be seen. */
const quoted = (value: string): string => {
  const text = shown(value)
  return /[ "]/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text
}

/** An event that is not enriched yet has only the user agent. */
const deviceOf = ({ device, meta }: EventView): string =>
  device === "" ? (meta.find(([name]) => name === "user agent")?.[1] ?? "") : device

const placeOf = ({ topic, partition, offset }: EventView): string =>
  partition === undefined || offset === undefined
    ? shown(topic)
    : `${shown(topic)}/${partition}@${shown(offset)}`
