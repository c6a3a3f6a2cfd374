/**
 * Says beside the output of a tap with a filter how many events passed when none of them matches, so that a filter that
 * is wrong can be told from a stage where nothing flows; and at the end how many matched. Lives with the command.
 */
import { Clock, Effect } from "effect"
import { counted, number } from "../../inspect/plain-text.ts"
import { note } from "../run-command.ts"
import type { Tapped } from "./sources.ts"

/** Milliseconds between two such lines, the first time and at most: each pause is twice the one before. */
const firstPause = 1_000
const longestPause = 60_000

export interface Matched {
  /** Takes note of events that passed; says it when all of them so far did not match. */
  readonly add: (tapped: Tapped) => Effect.Effect<void>
  /** Says how it was in the end. */
  readonly rest: Effect.Effect<void>
}

/** Without a filter all that passes is shown, so nothing is said. */
export const matchedNotes = (isFiltered: boolean): Matched => {
  let seen = 0
  let matching = 0
  let said = 0
  let pause = firstPause
  let nextAt = Number.NEGATIVE_INFINITY

  const sayIt = Effect.suspend(() => {
    said = seen
    return note(`tap: ${counted(seen, "event")} seen, ${number(matching)} match`)
  })

  const add = Effect.fnUntraced(function* (tapped: Tapped) {
    seen += tapped.seen
    matching += tapped.events.length
    if (matching > 0 || seen === said) return
    const now = yield* Clock.currentTimeMillis
    if (now < nextAt) return
    if (nextAt > 0) pause = Math.min(longestPause, pause * 2)
    nextAt = now + pause
    yield* sayIt
  })

  return isFiltered ? { add, rest: sayIt } : { add: () => Effect.void, rest: Effect.void }
}
