/** `POST /t/<event>` and the beacon: one event per request, its parameters in the body or in the query or in both. */

import type { AcceptEvents } from "../accept-events.ts"
import type { ReadBody } from "../http/body/read-body.ts"
import { refuse } from "../http/errors.ts"
import type { Handler } from "../routes.ts"
import { queryIn } from "./body-params.ts"
import { joinedQueries } from "./flatten-json.ts"
import { idempotencyKey } from "./idempotency-key.ts"

/** Takes the event that was posted, with the path it was posted to, and gives `answer` when the queue has it. */
export const postEvent =
  (take: AcceptEvents, readBody: ReadBody, answer: () => Response): Handler =>
  async (context) => {
    const { request, target } = context
    const id = idempotencyKey(request.headers)
    const contentType = request.headers.get("content-type")
    const posted = await readBody(request, (bytes) => queryIn(contentType, bytes))
    await take.one(context, { path: target.path, query: joinedQueries(target.query, posted), id })
    return answer()
  }

/** The same, where the path must name the event behind `/t/`. */
export const postNamedEvent = (take: AcceptEvents, readBody: ReadBody, answer: () => Response): Handler => {
  const handler = postEvent(take, readBody, answer)
  return (context) =>
    /^\/t\/+$/.test(context.target.path)
      ? refuse("not-found", "Name the event in the path: /t/<event>.")
      : handler(context)
}

/** Takes the event of a GET with the path and query it has. */
export const getEvent =
  (take: AcceptEvents, answer: () => Response): Handler =>
  async (context) => {
    const { request, target } = context
    await take.one(context, { ...target, id: idempotencyKey(request.headers) })
    return answer()
  }
