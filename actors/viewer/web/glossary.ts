/** Explanations of Spoor's own words, shown as tooltips. */
import { element } from "./element.ts"

const words: ReadonlyMap<string, string> = new Map([
  ["klag", "Milliseconds between gateway and enricher: mostly the time spent waiting in the queue."],
  ["whole-way", "Milliseconds from the gateway until the log has stored the event."],
  ["whole way", "Milliseconds from the gateway until the log has stored the event."],
  ["XX", "The country or city is unknown: the address is private or missing from the GeoIP database."],
  ["nopod", "The gateway that received the event does not know its pod (POD_NAME is not set)."],
  ["(other)", "All values without a row or line of their own."]
])

/** The explanation of a word; undefined when it has none. */
export const meaningOf = (word: string): string | undefined => words.get(word)

/** The content, with the explanation of the word as its tooltip when there is one. */
export const explained = (word: string, content: string | Node = word): string | Node => {
  const meaning = meaningOf(word)
  if (meaning === undefined) return content
  const created = element("abbr", "", content)
  created.title = meaning
  return created
}
