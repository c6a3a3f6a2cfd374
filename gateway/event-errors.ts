/** The messages for events that cannot be taken, and the error response for one that failed. Keeps no state. */
import { type ErrorCode, refuseFailed } from "./http/errors.ts"
import { anyOrigin } from "./http/responses.ts"

export const eventExceedsLimit = "The event exceeds the size limit."

const messages: Partial<Record<ErrorCode, string>> = {
  "too-large": eventExceedsLimit,
  "bad-request": "The event cannot be read.",
  busy: "Too many events are waiting for the queue; try again later.",
  unavailable: "The event could not be stored; try again later."
}

/** The response for an event that failed with that cause. Every page may read it. */
export const refuseEvent = (cause: unknown): Response => refuseFailed(cause, messages, anyOrigin)
