/** When the current message must be answered. Inherited by the fibers that handle it. */
import { Context } from "effect"

/**
 * Milliseconds since 1970; requests sent while handling the message get no later deadline.
 *
 * @example
 * ```ts
 * const leftMs = (yield* Deadline) - (yield* Clock.currentTimeMillis)
 * ```
 */
export const Deadline = Context.Reference<number>("spoor/actors/runtime/Deadline", {
  defaultValue: () => Number.POSITIVE_INFINITY
})
