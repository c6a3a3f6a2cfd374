/** Shortens the texts of an event for lists. GET /api/events/<id> has the whole texts. Pure. */
import type { EventView } from "./messages.ts"

/** The maximum length of a name, an id or a reason, in characters. */
const maxNameChars = 1_000

/**
 * The view with at most `maxChars` characters of its raw text, and the first parameters and meta values whose total length
 * is at most that.
 */
export const shortView = (view: EventView, maxChars: number): EventView => {
  const { id, type, country, device, deviceType, address, reason, detail, by, meta, params, raw } = view
  const isShort =
    raw.length <= maxChars &&
    [id, type, country, device, deviceType, address, reason, detail, by].every(isShortName) &&
    lengthOf(meta) <= maxChars &&
    lengthOf(params) <= maxChars
  if (isShort) return view
  return {
    ...view,
    id: cut(id),
    type: cut(type),
    country: cut(country),
    device: cut(device),
    deviceType: cut(deviceType),
    address: cut(address),
    ...(reason === undefined ? {} : { reason: cut(reason) }),
    ...(detail === undefined ? {} : { detail: cut(detail) }),
    ...(by === undefined ? {} : { by: cut(by) }),
    meta: firstPairs(meta, maxChars),
    params: firstPairs(params, maxChars),
    raw:
      raw.length <= maxChars ? raw : `${raw.slice(0, maxChars)}… (${raw.length - maxChars} characters more)`
  }
}

const isShortName = (text: string | undefined): boolean => text === undefined || text.length <= maxNameChars

const cut = (text: string): string => (isShortName(text) ? text : `${text.slice(0, maxNameChars)}…`)

/** The length of a pair in a list, in characters, with the signs around it. */
const pairWeight = ([name, value]: EventView["params"][number]): number => name.length + value.length + 6

const lengthOf = (pairs: EventView["params"]): number =>
  pairs.reduce((sum, pair) => sum + pairWeight(pair), 0)

const firstPairs = (pairs: EventView["params"], maxChars: number): EventView["params"] => {
  let length = 0
  return pairs.filter((pair) => {
    length += pairWeight(pair)
    return length <= maxChars
  })
}
