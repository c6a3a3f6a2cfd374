/** An event as a list shows it: no text of it, whoever wrote it, is longer than a list can bear. GET /api/events/<id> has all of it. */
import type { EventView } from "./messages.ts"

/** A name, an id, a reason: at most so many characters of each. */
const longestName = 1_000

/**
 * The view with at most `longest` characters of its raw text, and as many of its parameters and of its meta part as have
 * so many together.
 */
export const shortView = (view: EventView, longest: number): EventView => {
  const { id, type, country, device, deviceType, address, reason, detail, by, meta, params, raw } = view
  const isShort =
    raw.length <= longest &&
    [id, type, country, device, deviceType, address, reason, detail, by].every(isShortName) &&
    lengthOf(meta) <= longest &&
    lengthOf(params) <= longest
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
    meta: firstPairs(meta, longest),
    params: firstPairs(params, longest),
    raw: raw.length <= longest ? raw : `${raw.slice(0, longest)}… (${raw.length - longest} characters more)`
  }
}

const isShortName = (text: string | undefined): boolean => text === undefined || text.length <= longestName

const cut = (text: string): string => (isShortName(text) ? text : `${text.slice(0, longestName)}…`)

/** What pairs weigh in a list, in characters: the signs around each count too. */
const pairWeight = ([name, value]: EventView["params"][number]): number => name.length + value.length + 6

const lengthOf = (pairs: EventView["params"]): number =>
  pairs.reduce((sum, pair) => sum + pairWeight(pair), 0)

const firstPairs = (pairs: EventView["params"], longest: number): EventView["params"] => {
  let length = 0
  return pairs.filter((pair) => {
    length += pairWeight(pair)
    return length <= longest
  })
}
