/** What all pages share: the navigation, small elements, and numbers as people read them. */
import { timeFormat, zoneButton } from "/page/zone.js"

/** An element with a class and text (or children); text stays text, whatever it holds. */
export const element = (name, className, content = "") => {
  const made = document.createElement(name)
  if (className !== "") made.className = className
  if (Array.isArray(content)) made.append(...content)
  else if (content instanceof Node) made.append(content)
  else made.textContent = content
  return made
}

/** A button that does something. */
export const button = (text, act, className = "") => {
  const made = element("button", className, text)
  made.type = "button"
  made.addEventListener("click", act)
  return made
}

/** A link within the viewer. */
export const link = (address, content, className = "") => {
  const made = element("a", className, content)
  made.href = address
  return made
}

/** Names and what they stand for; what is undefined is left out, and elements stay what they are. */
export const definitions = (list) => {
  const made = []
  for (const [name, value] of list) {
    if (value !== undefined) made.push(element("dt", "", name), element("dd", "", value))
  }
  return made
}

const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 })

/** A number with its thousands apart. */
export const number = (value) => numbers.format(value)

/** What is written of a value; a dash where it is not known (null, or absent). */
export const known = (value, write) => (value === undefined || value === null ? "–" : write(value))

const small = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const large = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 })
const huge = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 })

/** Events a second, in few digits that do not jump: 0, 0.4, 7.2, 1,234, 1.2M. */
export const rate = (value) => {
  if (value < 0.05) return "0"
  if (value < 9.95) return small.format(value)
  return value < 999_999.5 ? large.format(value) : huge.format(value)
}

/** A time span in its largest unit: 12 ms, 3.4 s, 5 min, 2 h, 3 d. Takes milliseconds. */
export const span = (milliseconds) => {
  const size = Math.abs(milliseconds)
  if (size < 999.5) return `${large.format(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (size < 9950) return `${small.format(seconds)} s`
  if (size < 99_500) return `${large.format(seconds)} s`
  if (size < 90 * 60_000) return `${large.format(seconds / 60)} min`
  return size < 48 * 3_600_000 ? `${large.format(seconds / 3600)} h` : `${large.format(seconds / 86_400)} d`
}

/** "1 dead letter", "1,200 dead letters". */
export const letterCount = (count) => `${number(count)} dead ${count === 1 ? "letter" : "letters"}`

const moments = timeFormat({ dateStyle: "medium", timeStyle: "medium" })

/** The last moment of a `Date`; a dead letter that others wrote may name a later one. */
const lastMoment = 8_640_000_000_000_000

/** A moment as people read it, its exact time as its title; milliseconds since 1970. */
export const moment = (at) => {
  if (Math.abs(at) > lastMoment) return element("span", "", String(at))
  const made = element("time", "", moments.format(at))
  made.dateTime = new Date(at).toISOString()
  made.title = made.dateTime
  return made
}

/** Where an event is asked for, by its id. */
export const whereAddress = (id) => `/ledger?event=${encodeURIComponent(id)}`

const clockTimes = timeFormat({ timeStyle: "medium" })

/** The time of day, in the reader's zone; milliseconds since 1970. */
export const timeOfDay = (at) => clockTimes.format(at)

/** Says how the connection is: "live", "paused", "waiting" or "lost" choose its colour. */
export const showState = (kind, text) => {
  const state = document.getElementById("state")
  if (state.textContent === text) return
  state.dataset.kind = kind
  state.textContent = text
}

/** The pages: where each leads, its name, and what else it stands for. */
const pages = [
  ["/", "Overview"],
  ["/events", "Events", "/kafidx"],
  ["/counters", "Numbers"],
  ["/dead-letters", "Dead letters"],
  ["/ledger", "Ledger"]
]

/** A link that shows whether it leads to where we are. */
const place = ([address, text, old]) => {
  const made = link(address, text)
  const here = location.pathname
  if (here === address || here === old) made.setAttribute("aria-current", "page")
  else if (address !== "/" && here.startsWith(`${address}/`)) made.setAttribute("aria-current", "true")
  return made
}

/** Fills the head of the page: the name and the way to each page. */
export const showFrame = () => {
  const navigation = element("nav", "", pages.map(place))
  navigation.setAttribute("aria-label", "Pages")
  const home = link("/", element("span", "", "Spoor"), "brand")
  home.setAttribute("aria-label", "Spoor: overview")
  const keys = button(
    "?",
    async () => (await import("/page/shortcuts.js")).showShortcuts(),
    "plain keys-button"
  )
  keys.setAttribute("aria-label", "Keys of this page")
  keys.title = "Keys of this page (?)"
  const tools = element("div", "frame-tools", [zoneButton(), keys])
  document.getElementById("frame").append(home, navigation, tools)
  import("/page/shortcuts.js")
}
