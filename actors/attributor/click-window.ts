/** The window of a click, from its parameters. Pure. */
import type { KeyedEvent } from "../keyed/definition.ts"

/** The longest window that a click may have: that of links. */
const maxWindowMs = 366 * 86_400_000

/**
 * From when to when a click wins installs, in times of the log: `attr_window_from` and `attr_window_till` of a link with the
 * dialect adtekio (ISO 8601, or seconds or milliseconds since 1970), else `click_lookback` of the link (seconds after the
 * click), else `windowMs`. The parameters are times at the edge, so they are moved by what the click took to the log.
 */
export const clickWindow = (
  event: Pick<KeyedEvent, "param" | "at" | "received">,
  { beforeMs, windowMs }: { readonly beforeMs: number; readonly windowMs: number }
): { readonly from: number; readonly till: number } => {
  const { at, received } = event
  const moved = (name: string): number | undefined => {
    const time = timeOf(event.param(name) ?? "")
    return time === undefined ? undefined : bounded(time - received) + at
  }
  const lookback = Number(event.param("click_lookback") || Number.NaN)
  const length = Number.isFinite(lookback) && lookback >= 0 ? bounded(lookback * 1000) : windowMs
  return { from: moved("attr_window_from") ?? at - beforeMs, till: moved("attr_window_till") ?? at + length }
}

const bounded = (ms: number): number => Math.round(Math.max(-maxWindowMs, Math.min(maxWindowMs, ms)))

const timeOf = (text: string): number | undefined => {
  const time = /^\d{1,16}$/.test(text) ? Number(text) * (text.length <= 11 ? 1000 : 1) : Date.parse(text)
  return Number.isFinite(time) && text !== "" ? time : undefined
}
