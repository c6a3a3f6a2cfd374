/** The paths of the dialects: what each means, and who answers it. */

import type { AcceptEvents } from "../accept-events.ts"
import type { BodyLimits } from "../http/body/limits.ts"
import { bodyReader } from "../http/body/read-body.ts"
import type { IsTrusted } from "../http/client-address.ts"
import { ok } from "../http/responses.ts"
import type { Route } from "../routes.ts"
import { nothing } from "./answers.ts"
import { type CountRejected, postBatch } from "./batch.ts"
import { getEvent, postEvent, postNamedEvent } from "./posted-event.ts"
import { postServerLog } from "./server-log.ts"
import { postTrack } from "./track.ts"

export interface FormatOptions {
  readonly take: AcceptEvents
  readonly limits: BodyLimits
  readonly isTrusted: IsTrusted
  readonly countRejected: CountRejected
}

export const formatRoutes = (options: FormatOptions): ReadonlyArray<Route> => {
  const { take, limits, isTrusted, countRejected } = options
  const readBody = bodyReader(limits)
  return [
    { path: "/t/*", POST: postNamedEvent(take, readBody, ok) },
    { path: "/batch", POST: postBatch(take, readBody, limits.events, countRejected) },
    { path: "/track", POST: postTrack(take, readBody, ok) },
    {
      path: "/api/v1/beacon",
      GET: getEvent(take, nothing),
      POST: postEvent(take, readBody, nothing)
    },
    {
      path: "/api/v1/beacon/log",
      POST: postServerLog(take, readBody, isTrusted, limits.events, countRejected)
    }
  ]
}
