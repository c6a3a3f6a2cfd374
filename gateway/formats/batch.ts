/** `POST /batch`: many events at once, each with a result of its own, in order. */

import type { AcceptEvents, EventResult, NewEvent } from "../accept-events.ts"
import type { ReadBody } from "../http/body/read-body.ts"
import type { Handler } from "../routes.ts"
import { eventResults } from "./answers.ts"
import type { ReadEvent } from "./batch-event.ts"
import { idempotencyKey } from "./idempotency-key.ts"
import { readBatch } from "./read-batch.ts"

/** Counts events that were rejected because of their content; must not fail. */
export type CountRejected = (events: number, format: "batch" | "server log") => void

export const postBatch =
  (accept: AcceptEvents, readBody: ReadBody, maxEvents: number, countRejected: CountRejected): Handler =>
  async (context) => {
    const { headers } = context.request
    const key = idempotencyKey(headers)
    const contentType = headers.get("content-type")
    const read = await readBody(context.request, (bytes) => readBatch(contentType, bytes, { maxEvents, key }))
    const accepted = await accept.all(context, eventsOf(read))
    const results = inOrder(read, accepted)
    const rejected = results.filter(({ verdict }) => verdict === "rejected").length
    if (rejected > 0) countRejected(rejected, "batch")
    return eventResults(results)
  }

const eventsOf = (read: ReadonlyArray<ReadEvent>): ReadonlyArray<NewEvent> =>
  read.flatMap((one) => ("event" in one ? [one.event] : []))

/** The results of the valid events, merged with the rejections of the invalid ones. */
const inOrder = (
  read: ReadonlyArray<ReadEvent>,
  accepted: ReadonlyArray<EventResult>
): ReadonlyArray<EventResult> => {
  const next = accepted.values()
  return read.map((one) =>
    "reason" in one
      ? { verdict: "rejected", reason: one.reason }
      : (next.next().value ?? { verdict: "retry" })
  )
}
