/** The routes of the event formats: each path with its handlers. */

import type { AcceptEvents } from "../accept-events.ts"
import { bodyReader } from "../http/body/read-body.ts"
import type { IsTrusted } from "../http/client-address.ts"
import { ok } from "../http/responses.ts"
import type { Route } from "../routes.ts"
import { noContent } from "./answers.ts"
import { type CountRejected, postBatch } from "./batch.ts"
import type { FormatLimits } from "./limits.ts"
import { getEvent, postEvent, postNamedEvent } from "./posted-event.ts"
import { postServerLog } from "./server-log.ts"
import { postTrack } from "./track.ts"

export interface FormatOptions {
  readonly accept: AcceptEvents
  readonly limits: FormatLimits
  readonly isTrusted: IsTrusted
  readonly countRejected: CountRejected
}

export const formatRoutes = (options: FormatOptions): ReadonlyArray<Route> => {
  const { accept, limits, isTrusted, countRejected } = options
  const readBody = bodyReader(limits)
  return [
    { path: "/t/*", POST: postNamedEvent(accept, readBody, ok) },
    { path: "/batch", POST: postBatch(accept, readBody, limits.events, countRejected) },
    { path: "/track", POST: postTrack(accept, readBody, ok) },
    {
      path: "/api/v1/beacon",
      GET: getEvent(accept, noContent),
      POST: postEvent(accept, readBody, noContent)
    },
    {
      path: "/api/v1/beacon/log",
      POST: postServerLog(accept, readBody, isTrusted, limits.events, countRejected)
    }
  ]
}
