/** `POST /batch`: many events at once, each with a verdict of its own, in their order. */

import type { AcceptEvents, EventResult, NewEvent } from "../accept-events.ts"
import type { ReadBody } from "../http/body/read-body.ts"
import type { Handler } from "../routes.ts"
import { verdicts } from "./answers.ts"
import type { ReadEvent } from "./batch-event.ts"
import { idempotencyKey } from "./idempotency-key.ts"
import { readBatch } from "./read-batch.ts"

/** Counts events that were refused for what they are; must not fail. */
export type CountRejected = (events: number, dialect: "batch" | "server log") => void

export const postBatch =
  (take: AcceptEvents, readBody: ReadBody, most: number, countRejected: CountRejected): Handler =>
  async (context) => {
    const { headers } = context.request
    const key = idempotencyKey(headers)
    const contentType = headers.get("content-type")
    const read = await readBody(context.request, (bytes) => readBatch(contentType, bytes, { most, key }))
    const taken = await take.all(context, eventsOf(read))
    const given = inOrder(read, taken)
    const rejected = given.filter(({ verdict }) => verdict === "rejected").length
    if (rejected > 0) countRejected(rejected, "batch")
    return verdicts(given)
  }

const eventsOf = (read: ReadonlyArray<ReadEvent>): ReadonlyArray<NewEvent> =>
  read.flatMap((one) => ("event" in one ? [one.event] : []))

/** The verdicts of the events that were taken, put between those of the events that cannot be. */
const inOrder = (
  read: ReadonlyArray<ReadEvent>,
  taken: ReadonlyArray<EventResult>
): ReadonlyArray<EventResult> => {
  const next = taken.values()
  return read.map((one) =>
    "reason" in one
      ? { verdict: "rejected", reason: one.reason }
      : (next.next().value ?? { verdict: "retry" })
  )
}
