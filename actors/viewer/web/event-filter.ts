/** The selection of the page of events, which is part of its address, so that a link shows the same to everybody. Pure. */
import type { CopyStage } from "../../../contracts/event-copy.ts"
import type { Filter } from "../../inspect/events/messages.ts"

/** The parts of a filter in the order of the fields. */
export const filterNames = ["text", "type", "param", "topic", "country", "device", "stage"] as const

export type FilterName = (typeof filterNames)[number]

export const isFilterName = (name: string | undefined): name is FilterName =>
  filterNames.some((one) => one === name)

/** The selection of a page. Times are milliseconds since 1970. */
export interface Selection {
  /** Without empty parts. */
  readonly filter: Filter
  /** A search in the history instead of live events. */
  readonly isHistory: boolean
  readonly since: number | undefined
  readonly until: number | undefined
  readonly order: "oldest" | undefined
  /** The id of one event to show by itself. */
  readonly event: string | undefined
}

const isStage = (value: string): value is CopyStage =>
  value === "raw" || value === "enriched" || value === "stored" || value === "rejected"

/** The filter with that part set; "" removes it. */
export const withPart = (filter: Filter, name: FilterName, value: string): Filter => {
  const { [name]: _, ...others } = filter
  if (value === "") return others
  if (name !== "stage") return { ...others, [name]: value }
  return isStage(value) && value !== "stored" ? { ...others, stage: value } : others
}

/** The filter of these texts; blank ones are left out. */
export const filterOf = (textOf: (name: FilterName) => string): Filter => {
  let filter: Filter = {}
  for (const name of filterNames) filter = withPart(filter, name, textOf(name).trim())
  return filter
}

/** A moment in an address: milliseconds since 1970, or ISO 8601. */
export const momentIn = (text: string | null): number | undefined => {
  if (text === null || text === "") return undefined
  const at = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  return Math.abs(at) <= 8_640_000_000_000_000 ? at : undefined
}

/** The selection in the query of an address. */
export const selectionOf = (search: string): Selection => {
  const query = new URLSearchParams(search)
  const filter = filterOf((name) => query.get(name) ?? "")
  // The old page's parameter for the whole type.
  const oldType = (query.get("filter") ?? "").trim()
  const since = momentIn(query.get("since"))
  const until = momentIn(query.get("until"))
  return {
    filter: oldType !== "" && filter.type === undefined ? { ...filter, type: `=${oldType}` } : filter,
    isHistory: query.get("view") === "past" || since !== undefined || until !== undefined,
    since,
    until,
    order: query.get("order") === "oldest" ? "oldest" : undefined,
    event: query.get("event")?.trim() || undefined
  }
}

/** The query of the address for a selection: "" or beginning with "?". */
export const searchOf = ({ filter, isHistory, since, until, order, event }: Selection): string => {
  const query = new URLSearchParams({ ...filter })
  if (isHistory) query.set("view", "past")
  if (isHistory && since !== undefined) query.set("since", new Date(since).toISOString())
  if (isHistory && until !== undefined) query.set("until", new Date(until).toISOString())
  if (isHistory && order !== undefined) query.set("order", order)
  if (event !== undefined) query.set("event", event)
  const text = query.toString()
  return text === "" ? "" : `?${text}`
}

const nameOf = (condition: string): string => condition.match(/^[^=~]*/)?.[0] ?? ""

/** The parameter filter with that condition added; it replaces one of the same name. */
export const withParam = (param: string | undefined, name: string, value: string): string => {
  const others = (param ?? "")
    .split("&")
    .filter((condition) => condition !== "" && nameOf(condition) !== escaped(name))
  return [...others, `${escaped(name)}=${escaped(value)}`].join("&")
}

/** The names of parameters in a parameter filter. */
export const namesIn = (param = ""): ReadonlySet<string> =>
  new Set(param.split("&").map((condition) => decoded(nameOf(condition))))

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text).trim()
  } catch {
    return text
  }
}

/** Escapes the separators of the parameter filter. */
const escaped = (text: string): string =>
  text.replaceAll(/[%&=~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

const eventId = /^[0-9a-f]{32}-\d+$/

/** Whether a text is an event id. */
export const isEventId = (text: string): boolean => eventId.test(text)
