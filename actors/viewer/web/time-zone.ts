/** The time zone in which the pages show and take times: the reader's own, or UTC. Chosen once for all pages; kept in the browser. */

const key = "spoor-zone"
const isUtc = localStorage.getItem(key) === "UTC"
const own = new Intl.DateTimeFormat().resolvedOptions().timeZone

/** The name of the zone, for a person. */
export const zoneName = isUtc ? "UTC" : own

/** Writes moments in that zone; `options` as for `Intl.DateTimeFormat`. */
export const timeFormat = (options) =>
  new Intl.DateTimeFormat(undefined, { hourCycle: "h23", ...options, ...(isUtc ? { timeZone: "UTC" } : {}) })

/** How far the zone is ahead of UTC at that moment, milliseconds. */
const ahead = (at) => (isUtc ? 0 : -new Date(at).getTimezoneOffset() * 60_000)

/** A moment (milliseconds since 1970) as a field of the kind `datetime-local` wants it; "" for none. */
export const fieldText = (at) => (at === undefined ? "" : new Date(at + ahead(at)).toISOString().slice(0, 19))

/** The moment that such a field says; undefined for none. */
export const momentOfField = (text) => {
  const at = new Date(isUtc ? `${text}Z` : text).getTime()
  return text === "" || Number.isNaN(at) ? undefined : at
}

/** A `Date` whose own hours are those of that zone, for what draws an axis. */
export const axisDate = (at) =>
  isUtc ? new Date(at + new Date(at).getTimezoneOffset() * 60_000) : new Date(at)

/** The button that shows the zone and changes to the other one; the page is read anew. */
export const zoneButton = () => {
  const made = document.createElement("button")
  made.type = "button"
  made.className = "plain zone"
  made.textContent = zoneName
  made.dataset.short = isUtc ? "UTC" : "local"
  const other = isUtc ? `your own zone, ${own}` : "UTC"
  made.title = `Times are in ${zoneName}. Press to show them in ${other}.`
  made.setAttribute("aria-label", made.title)
  made.disabled = own === "UTC" && !isUtc
  made.addEventListener("click", () => {
    if (isUtc) localStorage.removeItem(key)
    else localStorage.setItem(key, "UTC")
    location.reload()
  })
  return made
}
