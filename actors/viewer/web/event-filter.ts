/** What to show, as it stands in the address of the page: a link to it shows the same to somebody else. Pure. */

/** The parts of a filter in the order in which people see them. */
export const filterNames = ["text", "type", "param", "topic", "country", "device", "stage"]

/**
 * @typedef {Record<string, string>} Filter see `Filter` of messages.ts; what is empty is not there
 * @typedef {{ filter: Filter, isPast: boolean, since: number | undefined, until: number | undefined,
 *   order: "oldest" | undefined, event: string | undefined }} Sight milliseconds since 1970; `event` is the id of one to show by itself
 */

/** @returns {Sight} */
export const sightOf = (search) => {
  const given = new URLSearchParams(search)
  const filter = {}
  for (const name of filterNames) {
    const value = (given.get(name) ?? "").trim()
    if (value !== "" && !(name === "stage" && value === "stored")) filter[name] = value
  }
  // The old page's name for the whole type.
  const old = (given.get("filter") ?? "").trim()
  if (old !== "" && filter.type === undefined) filter.type = `=${old}`
  const since = momentOf(given.get("since"))
  const until = momentOf(given.get("until"))
  const order = given.get("order") === "oldest" ? "oldest" : undefined
  const isPast = given.get("view") === "past" || since !== undefined || until !== undefined
  return { filter, isPast, since, until, order, event: given.get("event")?.trim() || undefined }
}

/** The query of the address for that sight, "" or beginning with "?". */
export const searchOf = ({ filter, isPast, since, until, order, event }) => {
  const given = new URLSearchParams(filter)
  if (isPast) given.set("view", "past")
  if (isPast && since !== undefined) given.set("since", new Date(since).toISOString())
  if (isPast && until !== undefined) given.set("until", new Date(until).toISOString())
  if (isPast && order !== undefined) given.set("order", order)
  if (event !== undefined) given.set("event", event)
  const text = given.toString()
  return text === "" ? "" : `?${text}`
}

/** A moment as people write it in addresses: milliseconds since 1970, or ISO 8601. */
const momentOf = (text) => {
  if (text === null || text === "") return undefined
  const at = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  return Math.abs(at) <= 8_640_000_000_000_000 ? at : undefined
}

/** The parameter filter with that one added, in place of one of the same name. */
export const withParam = (param, name, value) => {
  const others = (param ?? "")
    .split("&")
    .filter((one) => one !== "" && one.match(/^[^=~]*/)?.[0] !== escaped(name))
  return [...others, `${escaped(name)}=${escaped(value)}`].join("&")
}

/** The names of parameters in a parameter filter. */
export const namesIn = (param = "") =>
  new Set(param.split("&").map((one) => plain(one.match(/^[^=~]*/)?.[0] ?? "")))

const plain = (text) => {
  try {
    return decodeURIComponent(text).trim()
  } catch {
    return text
  }
}

/** So that signs of the filter's own stay part of a name or value. */
const escaped = (text) =>
  text.replaceAll(/[%&=~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

const eventId = /^[0-9a-f]{32}-\d+$/

/** Whether a text is the id of an event. */
export const isEventId = (text) => eventId.test(text)
