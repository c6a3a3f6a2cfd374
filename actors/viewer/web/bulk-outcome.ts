/** How a replay or a discard went, in plain words, with what can be done about the rest. */
import { button, element, letterCount } from "/page/frame.js"

/** Shows that it is under way. */
export const showUnderWay = (place, text) => place.replaceChildren(element("p", "", text))

/** Shows why it was not done. */
export const showTrouble = (place, error) => place.replaceChildren(element("p", "trouble", error.message))

/** `verb` is "replayed" or "discarded"; `again` is called with the addresses of letters to replay anyway. */
export const showOutcome = (place, verb, outcome, again) => {
  const { done, gone, tooOften, tooOftenLetters, troubles } = outcome
  const parts = []
  if (done > 0) {
    const more =
      verb === "replayed"
        ? ` On its way again, under ${done === 1 ? "a new event id" : "new event ids"}.`
        : ""
    parts.push(element("p", "good", `${letterCount(done)} ${verb}.${more}`))
  }
  if (gone > 0) {
    parts.push(
      element(
        "p",
        "",
        `${letterCount(gone)} no longer there: replayed or discarded by somebody else meanwhile.`
      )
    )
  }
  if (tooOften > 0) parts.push(...stubborn(tooOften, tooOftenLetters, again))
  for (const sentence of troubles) parts.push(element("p", "trouble", sentence))
  if (parts.length === 0) parts.push(element("p", "", `Nothing was ${verb}: no dead letter matches.`))
  place.replaceChildren(...parts)
  // The button that was pressed may be disabled now: those who use the keyboard go on from here.
  place.tabIndex = -1
  place.focus()
}

const stubborn = (count, addresses, again) => {
  const what = count > addresses.length ? `Replay the first ${addresses.length} anyway` : "Replay anyway"
  return [
    element(
      "p",
      "trouble",
      `${letterCount(count)} not replayed: the same line came back from every replay of this week, too often to go on.`
    ),
    element("p", "", [button(what, () => again(addresses))])
  ]
}
