/** When the message in hand must be answered; it goes with the fiber that handles it. */
import { Context } from "effect"

/** Milliseconds since 1970. Whoever is asked meanwhile gets no longer than that. */
export const Deadline = Context.Reference<number>("spoor/actors/runtime/Deadline", {
  defaultValue: () => Number.POSITIVE_INFINITY
})
