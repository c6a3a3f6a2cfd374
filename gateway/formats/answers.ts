/** Responses to requests with more than one event, and to beacons. Keeps no state. */

import type { EventResult } from "../accept-events.ts"
import { anyOrigin, noStore } from "../http/responses.ts"

/** `204`: a beacon cannot read its response. */
export const noContent = (): Response =>
  new Response(null, { status: 204, headers: { ...noStore, ...anyOrigin } })

/** `{"verdicts":[…]}`, in the order of the events. */
export const eventResults = (verdicts: ReadonlyArray<EventResult>): Response =>
  jsonResponse(
    { verdicts },
    verdicts.some(({ verdict }) => verdict === "retry")
  )

/** The result of a server log. Lines are numbered from 1, including blank lines. */
export interface LogImportResult {
  readonly taken: number
  readonly rejected: number
  /** The first rejected lines with their reasons. */
  readonly reasons: ReadonlyArray<{ readonly line: number; readonly reason: string }>
  /** Lines to send again, because the queue could not take them now. */
  readonly retry: ReadonlyArray<number>
}

export const logImportResult = (result: LogImportResult): Response =>
  jsonResponse(result, result.retry.length > 0)

const jsonResponse = (body: object, isRetry: boolean): Response =>
  Response.json(body, {
    headers: { ...noStore, ...anyOrigin, ...(isRetry ? { "retry-after": "1" } : {}) }
  })
