/** The paths of the dialects: what each means, and who answers it. */

import type { TakeEvents } from "../accept-events.ts"
import type { BodyLimits } from "../http/body/limits.ts"
import { bodyReader } from "../http/body/read-body.ts"
import type { IsTrusted } from "../http/client-address.ts"
import { ok } from "../http/responses.ts"
import type { Route } from "../routes.ts"
import { nothing } from "./answers.ts"
import { batchOfEvents, type CountRejected } from "./batch.ts"
import { askedEvent, namedEvent, postedEvent } from "./posted-event.ts"
import { serverLog } from "./server-log.ts"
import { trackedEvent } from "./track.ts"

export interface DialectOptions {
  readonly take: TakeEvents
  readonly limits: BodyLimits
  readonly isTrusted: IsTrusted
  readonly countRejected: CountRejected
}

export const dialectRoutes = (options: DialectOptions): ReadonlyArray<Route> => {
  const { take, limits, isTrusted, countRejected } = options
  const readBody = bodyReader(limits)
  return [
    { path: "/t/*", POST: namedEvent(take, readBody, ok) },
    { path: "/batch", POST: batchOfEvents(take, readBody, limits.events, countRejected) },
    { path: "/track", POST: trackedEvent(take, readBody, ok) },
    {
      path: "/api/v1/beacon",
      GET: askedEvent(take, nothing),
      POST: postedEvent(take, readBody, nothing)
    },
    {
      path: "/api/v1/beacon/log",
      POST: serverLog(take, readBody, isTrusted, limits.events, countRejected)
    }
  ]
}
