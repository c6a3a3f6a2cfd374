/** Moments as people read them, in the time zone of the pages. All take milliseconds since 1970. */
import { element } from "./element.ts"
import { timeFormat } from "./time-zone.ts"

/** The largest moment that a `Date` can represent; records written by other programs may have a later one. */
const maxMoment = 8_640_000_000_000_000

const isRepresentable = (at: number): boolean => Math.abs(at) <= maxMoment

const dateTime = timeFormat({ dateStyle: "medium", timeStyle: "medium" })

/** Date and time; the title has the exact moment. */
export const moment = (at: number): HTMLElement => {
  if (!isRepresentable(at)) return element("span", "", String(at))
  const created = element("time", "", dateTime.format(at))
  created.dateTime = new Date(at).toISOString()
  created.title = created.dateTime
  return created
}

const seconds = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const
const today = timeFormat({ ...seconds, fractionalSecondDigits: 3 })
const otherDay = timeFormat({ month: "short", day: "numeric", ...seconds })
const otherDayExact = timeFormat({ month: "short", day: "numeric", ...seconds, fractionalSecondDigits: 3 })
const dayOf = timeFormat({ dateStyle: "short" })

/** The time of day, with the date when it is not today; the title has the exact moment. */
export const clock = (at: number): HTMLElement => {
  if (!isRepresentable(at)) return element("span", "", String(at))
  const date = new Date(at)
  const isToday = dayOf.format(date) === dayOf.format(new Date())
  const created = element("time", "", (isToday ? today : otherDay).format(date))
  created.dateTime = date.toISOString()
  created.title = `${created.dateTime} · ${at} ms`
  return created
}

/** Date and time to the millisecond. */
export const exactMoment = (at: number): HTMLElement => {
  const created = moment(at)
  if (isRepresentable(at)) created.textContent = otherDayExact.format(at)
  return created
}

const timeOnly = timeFormat({ timeStyle: "medium" })

/** The time of day as text. */
export const timeOfDay = (at: number): string => timeOnly.format(at)
