/** Words of Spoor's own that stand on several pages, explained where the pointer rests. */
import { element } from "/page/frame.js"

const words = new Map([
  ["klag", "Milliseconds between the gateway and the enricher: mostly the time spent waiting in the queue."],
  ["whole-way", "Milliseconds from the gateway until the log had the event."],
  ["whole way", "Milliseconds from the gateway until the log had the event."],
  ["XX", "The country or city is not known: the address is private, or the GeoIP database does not have it."],
  ["nopod", "The gateway that took it does not know its pod (POD_NAME is not set)."],
  ["(other)", "All that have no row or line of their own."]
])

/** What that word means; undefined when it is none of ours. */
export const meaningOf = (word) => words.get(word)

/** The content, with the meaning of the word as its title where there is one. */
export const explained = (word, content = word) => {
  const meaning = meaningOf(word)
  if (meaning === undefined) return content
  const made = element("abbr", "", content)
  made.title = meaning
  return made
}
