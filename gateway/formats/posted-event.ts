/** `POST /t/<event>` and the beacon: one event per request, its parameters in the body or in the query or in both. */

import type { AcceptEvents } from "../accept-events.ts"
import type { ReadBody } from "../http/body/read-body.ts"
import { refuse } from "../http/errors.ts"
import type { Handler } from "../routes.ts"
import { queryIn } from "./body-params.ts"
import { joinedQueries } from "./flatten-json.ts"
import { idempotencyKey } from "./idempotency-key.ts"

/** Accepts the posted event with the path of the request, and responds with `answer` when the queue has it. */
export const postEvent =
  (accept: AcceptEvents, readBody: ReadBody, answer: () => Response): Handler =>
  async (context) => {
    const { request, target } = context
    const id = idempotencyKey(request.headers)
    const contentType = request.headers.get("content-type")
    const posted = await readBody(request, (bytes) => queryIn(contentType, bytes))
    await accept.one(context, { path: target.path, query: joinedQueries(target.query, posted), id })
    return answer()
  }

/** The same for `/t/<event>`, where the path must name the event. */
export const postNamedEvent = (accept: AcceptEvents, readBody: ReadBody, answer: () => Response): Handler => {
  const handler = postEvent(accept, readBody, answer)
  return (context) =>
    /^\/t\/+$/.test(context.target.path)
      ? refuse("not-found", "Name the event in the path: /t/<event>.")
      : handler(context)
}

/** Accepts the event of a GET with its path and query. */
export const getEvent =
  (accept: AcceptEvents, answer: () => Response): Handler =>
  async (context) => {
    const { request, target } = context
    await accept.one(context, { ...target, id: idempotencyKey(request.headers) })
    return answer()
  }
