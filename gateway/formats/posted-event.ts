/** `POST /t/<event>` and the beacon: one event per request, its parameters in the body or in the query or in both. */

import type { TakeEvents } from "../accept-events.ts"
import type { ReadBody } from "../http/body/read-body.ts"
import { refuse } from "../http/errors.ts"
import type { Handler } from "../routes.ts"
import { queryIn } from "./body-params.ts"
import { joinedQueries } from "./flatten-json.ts"
import { idempotencyKey } from "./idempotency-key.ts"

/** Takes the event that was posted, with the path it was posted to, and gives `answer` when the queue has it. */
export const postedEvent =
  (take: TakeEvents, readBody: ReadBody, answer: () => Response): Handler =>
  async (arrival) => {
    const { request, target } = arrival
    const id = idempotencyKey(request.headers)
    const contentType = request.headers.get("content-type")
    const posted = await readBody(request, (bytes) => queryIn(contentType, bytes))
    await take.one(arrival, { path: target.path, query: joinedQueries(target.query, posted), id })
    return answer()
  }

/** The same, where the path must name the event behind `/t/`. */
export const namedEvent = (take: TakeEvents, readBody: ReadBody, answer: () => Response): Handler => {
  const handler = postedEvent(take, readBody, answer)
  return (arrival) =>
    /^\/t\/+$/.test(arrival.target.path)
      ? refuse("not-found", "Name the event in the path: /t/<event>.")
      : handler(arrival)
}

/** Takes the event of a GET with the path and query it has. */
export const askedEvent =
  (take: TakeEvents, answer: () => Response): Handler =>
  async (arrival) => {
    const { request, target } = arrival
    await take.one(arrival, { ...target, id: idempotencyKey(request.headers) })
    return answer()
  }
