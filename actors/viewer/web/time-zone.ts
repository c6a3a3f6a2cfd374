/** The time zone in which the pages show and read times: the browser's own or UTC. Chosen once for all pages and kept in the browser. */

const storageKey = "spoor-zone"
const isUtc = localStorage.getItem(storageKey) === "UTC"
const ownZone = new Intl.DateTimeFormat().resolvedOptions().timeZone

/** The name of the zone. */
export const zoneName: string = isUtc ? "UTC" : ownZone

/** Formats moments in that zone; `options` as for `Intl.DateTimeFormat`. */
export const timeFormat = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat(undefined, { hourCycle: "h23", ...options, ...(isUtc ? { timeZone: "UTC" } : {}) })

/** The zone's offset from UTC at that moment, milliseconds. */
const offsetAt = (at: number): number => (isUtc ? 0 : -new Date(at).getTimezoneOffset() * 60_000)

/** A moment (milliseconds since 1970) as the value of a `datetime-local` field; "" for undefined. */
export const fieldText = (at: number | undefined): string =>
  at === undefined ? "" : new Date(at + offsetAt(at)).toISOString().slice(0, 19)

/** The moment of a `datetime-local` field's value; undefined for none. */
export const momentOfField = (text: string): number | undefined => {
  const at = new Date(isUtc ? `${text}Z` : text).getTime()
  return text === "" || Number.isNaN(at) ? undefined : at
}

/** A `Date` whose local hours are those of the zone, for the axis of a chart. */
export const axisDate = (at: number): Date =>
  isUtc ? new Date(at + new Date(at).getTimezoneOffset() * 60_000) : new Date(at)

/** A button that shows the zone, switches to the other one, and reloads the page. */
export const zoneButton = (): HTMLButtonElement => {
  const created = document.createElement("button")
  created.type = "button"
  created.className = "plain zone"
  created.textContent = zoneName
  created.dataset.short = isUtc ? "UTC" : "local"
  const other = isUtc ? `your own zone, ${ownZone}` : "UTC"
  created.title = `Times are in ${zoneName}. Press to show them in ${other}.`
  created.setAttribute("aria-label", created.title)
  created.disabled = ownZone === "UTC" && !isUtc
  created.addEventListener("click", () => {
    if (isUtc) localStorage.removeItem(storageKey)
    else localStorage.setItem(storageKey, "UTC")
    location.reload()
  })
  return created
}
