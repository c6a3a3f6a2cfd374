/**
 * What the attributor keeps for a key: clicks that wait for an install, installs whose turn comes, and the click that won
 * the device. Bounded, so that it fits into the state of a key whatever clients send. Pure.
 */
import { Schema } from "effect"
import { KeptEvent } from "../keyed/kept-event.ts"

/** A click with its window: it wins installs from `from` to `till`. Times are those of the log, ms since 1970. */
export const Click = Schema.Struct({ event: KeptEvent, from: Schema.Number, till: Schema.Number })
export type Click = typeof Click.Type

/** An install that is tried next when the clock reaches `due`. */
export const Waiting = Schema.Struct({ event: KeptEvent, due: Schema.Number })
export type Waiting = typeof Waiting.Type

/** The click that won the device, for its later events, from `since` until `until`. */
export const Winner = Schema.Struct({ click: KeptEvent, since: Schema.Number, until: Schema.Number })
export type Winner = typeof Winner.Type

export const KeyState = Schema.Struct({
  ...{ clicks: Schema.Array(Click), waiting: Schema.Array(Waiting) },
  winner: Schema.optionalKey(Winner)
})
export type KeyState = typeof KeyState.Type

export const emptyState: KeyState = { clicks: [], waiting: [] }

/** Limits of a key: a click or install above them is not kept. Sizes are those of the record as JSON, bytes. */
export const maxClicks = 50
export const maxWaiting = 20
const maxClicksBytes = 32_000
const maxWaitingBytes = 16_000
export const maxEventBytes = 6_000

/** The event with so many of its parameters that it fits; undefined when not even its meta part does. */
export const fitting = (event: KeptEvent): KeptEvent | undefined => {
  if (sizeOf(event) <= maxEventBytes) return event
  const [type = "", meta = "", params = ""] = event.text.split(" ")
  let text = `${type} ${meta} `
  if (sizeOf({ ...event, text }) > maxEventBytes) return undefined
  for (const [at, param] of params.split("&").entries()) {
    const longer = `${text}${at === 0 ? "" : "&"}${param}`
    if (sizeOf({ ...event, text: longer }) > maxEventBytes) break
    text = longer
  }
  return { ...event, text }
}

/** The order in which clicks win installs: the one whose window ends first, then by time and id. */
export const byEnd = (one: Click, other: Click): number =>
  one.till - other.till || byArrival(one.event, other.event)

/** The order in which installs are tried: by their turn, then by time and id. */
export const byTurn = (one: Waiting, other: Waiting): number =>
  one.due - other.due || byArrival(one.event, other.event)

const byArrival = (one: KeptEvent, other: KeptEvent): number =>
  one.at - other.at || ((one.id ?? "") < (other.id ?? "") ? -1 : (one.id ?? "") > (other.id ?? "") ? 1 : 0)

/** The clicks with one more, in order. Too many: those that would win last are left out, so an install finds the same one. */
export const withClick = (clicks: ReadonlyArray<Click>, click: Click): ReadonlyArray<Click> =>
  within([...clicks, click].toSorted(byEnd), maxClicks, maxClicksBytes)

/** The installs with one more, and those for which there is no place: they do not wait here. */
export const withWaiting = (
  waiting: ReadonlyArray<Waiting>,
  one: Waiting
): { readonly waiting: ReadonlyArray<Waiting>; readonly over: ReadonlyArray<Waiting> } => {
  const all = [...waiting, one].toSorted(byTurn)
  const kept = within(all, maxWaiting, maxWaitingBytes)
  return { waiting: kept, over: all.slice(kept.length) }
}

const within = <A extends { readonly event: KeptEvent }>(
  all: ReadonlyArray<A>,
  maxCount: number,
  maxBytes: number
): ReadonlyArray<A> => {
  let bytes = 0
  const over = all.findIndex(({ event }, at) => {
    bytes += sizeOf(event)
    return at >= maxCount || bytes > maxBytes
  })
  return over === -1 ? all : all.slice(0, over)
}

const encoder = new TextEncoder()
const sizeOf = (event: KeptEvent): number => encoder.encode(JSON.stringify(event)).length
