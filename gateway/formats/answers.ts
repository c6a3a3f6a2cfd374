/** The answers to requests that bring more than one event, and to beacons, which read none. */

import type { EventResult } from "../accept-events.ts"
import { anyOrigin, noStore } from "../http/responses.ts"

/** `204`: nobody reads the answer to a beacon. */
export const nothing = (): Response =>
  new Response(null, { status: 204, headers: { ...noStore, ...anyOrigin } })

/** `{"verdicts":[…]}`, in the order of the events. */
export const verdicts = (given: ReadonlyArray<EventResult>): Response =>
  told(
    { verdicts: given },
    given.some(({ verdict }) => verdict === "retry")
  )

/** What became of the lines of a server log. Lines count from 1, blank ones too. */
export interface LogImportResult {
  readonly taken: number
  readonly rejected: number
  /** The first that were rejected, and why. */
  readonly reasons: ReadonlyArray<{ readonly line: number; readonly reason: string }>
  /** Lines that may be sent again, because the queue could not take them now. */
  readonly retry: ReadonlyArray<number>
}

export const logImportResult = (account: LogImportResult): Response => told(account, account.retry.length > 0)

const told = (account: object, isRetry: boolean): Response =>
  Response.json(account, {
    headers: { ...noStore, ...anyOrigin, ...(isRetry ? { "retry-after": "1" } : {}) }
  })
