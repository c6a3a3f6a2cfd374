/** What all pages share: the navigation, small elements, and numbers as people read them. */

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

/** "1 dead letter", "1,200 dead letters". */
export const letterCount = (count) => `${number(count)} dead ${count === 1 ? "letter" : "letters"}`

const moments = new Intl.DateTimeFormat(undefined, {
  dateStyle: "medium",
  timeStyle: "medium",
  hourCycle: "h23"
})

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

/** Says how the connection is: "live", "paused", "waiting" or "lost" choose its colour. */
export const showState = (kind, text) => {
  const state = document.getElementById("state")
  if (state.textContent === text) return
  state.dataset.kind = kind
  state.textContent = text
}

/** A link that shows whether it leads to where we are. */
const place = (address, text) => {
  const made = link(address, text)
  const here = location.pathname === "/kafidx" ? "/" : location.pathname
  if (here === address) made.setAttribute("aria-current", "page")
  else if (address !== "/" && here.startsWith(`${address}/`)) made.setAttribute("aria-current", "true")
  return made
}

/** Fills the head of the page: the live list, each counter, the dead letters and the ledger. */
export const showFrame = async () => {
  const live = place("/", "Live")
  const navigation = element("nav", "", [
    live,
    place("/dead-letters", "Dead letters"),
    place("/ledger", "Ledger")
  ])
  navigation.setAttribute("aria-label", "Pages")
  document.getElementById("frame").append(element("strong", "", "Spoor"), navigation)
  const answer = await fetch("/api/counters")
  if (!answer.ok) return
  const counters = await answer.json()
  live.after(...counters.map(({ name, title }) => place(`/counters/${encodeURIComponent(name)}`, title)))
}
