/** What both pages share: the navigation, small elements, and numbers as people read them. */

/** An element with a class and text (or children); text stays text, whatever it holds. */
export const element = (name, className, content = "") => {
  const made = document.createElement(name)
  if (className !== "") made.className = className
  if (Array.isArray(content)) made.append(...content)
  else made.textContent = content
  return made
}

const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 })

/** A number with its thousands apart. */
export const number = (value) => numbers.format(value)

/** Says how the connection is: "live", "paused", "waiting" or "lost" choose its colour. */
export const showState = (kind, text) => {
  const state = document.getElementById("state")
  if (state.textContent === text) return
  state.dataset.kind = kind
  state.textContent = text
}

const link = (address, text) => {
  const made = element("a", "", text)
  made.href = address
  const here = location.pathname === "/kafidx" ? "/" : location.pathname
  if (here === address) made.setAttribute("aria-current", "page")
  return made
}

/** Fills the head of the page: the live list, and each counter. */
export const showFrame = async () => {
  const navigation = element("nav", "", [link("/", "Live")])
  navigation.setAttribute("aria-label", "Pages")
  document.getElementById("frame").append(element("strong", "", "Spoor"), navigation)
  const answer = await fetch("/api/counters")
  if (!answer.ok) return
  for (const { name, title } of await answer.json()) {
    navigation.append(link(`/counters/${encodeURIComponent(name)}`, title))
  }
}
