/** The outcome of replaying or discarding dead letters, with an action for those that were not replayed. */
import { button, element } from "./element.ts"
import { deadLetterCount, messageOf } from "./format.ts"
import type { BulkOutcome } from "./viewer-api.ts"

export type Verb = "replayed" | "discarded"

/** Shows that a request is pending. */
export const showPending = (place: HTMLElement, text: string): void =>
  place.replaceChildren(element("p", "", text))

/** Shows why a request failed. */
export const showFailure = (place: HTMLElement, error: unknown): void =>
  place.replaceChildren(element("p", "trouble", messageOf(error)))

/** Replays the dead letters with these addresses although they were replayed too often. */
export type ReplayAnyway = (addresses: ReadonlyArray<string>) => void

const replayedTooOften = (
  count: number,
  addresses: ReadonlyArray<string>,
  replayAnyway: ReplayAnyway
): ReadonlyArray<HTMLElement> => {
  const action = count > addresses.length ? `Replay the first ${addresses.length} anyway` : "Replay anyway"
  const reason = "the same line was dead-lettered again after every replay of the last week."
  return [
    element("p", "trouble", `${deadLetterCount(count)} not replayed: ${reason}`),
    element("p", "", [button(action, () => replayAnyway(addresses))])
  ]
}

/** Shows the outcome. */
export const showOutcome = (
  place: HTMLElement,
  verb: Verb,
  outcome: BulkOutcome,
  replayAnyway: ReplayAnyway
): void => {
  const { done, gone, tooOften, tooOftenLetters, troubles } = outcome
  const parts: Array<HTMLElement> = []
  if (done > 0) {
    const ids = done === 1 ? "a new event id" : "new event ids"
    const more =
      verb === "replayed" ? ` The queue has ${done === 1 ? "it" : "them"} again, under ${ids}.` : ""
    parts.push(element("p", "good", `${deadLetterCount(done)} ${verb}.${more}`))
  }
  if (gone > 0) {
    const text = `${deadLetterCount(gone)} no longer in the list: replayed or discarded by somebody else.`
    parts.push(element("p", "", text))
  }
  if (tooOften > 0) parts.push(...replayedTooOften(tooOften, tooOftenLetters, replayAnyway))
  for (const sentence of troubles) parts.push(element("p", "trouble", sentence))
  if (parts.length === 0) parts.push(element("p", "", `Nothing was ${verb}: no dead letter matches.`))
  place.replaceChildren(...parts)
  // The pressed button may be disabled now, so the keyboard focus moves to the outcome.
  place.tabIndex = -1
  place.focus()
}
