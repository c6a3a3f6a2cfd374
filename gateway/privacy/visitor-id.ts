/**
 * A visitor id without a cookie: the same for the same address, user agent and host within one UTC day, and untraceable
 * once the day's salt is deleted. In the first hour of a day, events also have the id of the day before as
 * `visitor_before`, so that a session across midnight can be joined.
 */
import { createHmac } from "node:crypto"
import type { ByteString } from "../../contracts/event.ts"
import { withoutParams } from "../../contracts/wire/query.ts"
import type { EdgeEvent } from "../accept-events.ts"

/** The salt of a UTC day (`dayOf`); undefined while it is unknown. */
export type SaltOf = (day: number) => string | undefined

/** Adds the ids to an event; without a salt no id is added. */
export type AddVisitor = (event: EdgeEvent, now: number) => EdgeEvent

export const dayMilliseconds = 86_400_000

/** How long into a day the id of the day before is added, milliseconds. Twice the usual session timeout. */
export const overlapMilliseconds = 3_600_000

/** The UTC day of a time, in days since 1970. */
export const dayOf = (now: number): number => Math.floor(now / dayMilliseconds)

/** A new salt: 128 random bits in hex. */
export const newSalt = (): string => crypto.getRandomValues(new Uint8Array(16)).toHex()

/** The days whose salts are needed at that time. */
export const daysAt = (now: number): ReadonlyArray<number> => {
  const today = dayOf(now)
  const time = now % dayMilliseconds
  if (time < overlapMilliseconds) return [today, today - 1]
  return time >= dayMilliseconds - overlapMilliseconds ? [today, today + 1] : [today]
}

/** Reserved parameters: clients must not choose their own visitor id. */
export const visitorNames: ReadonlySet<string> = new Set(["visitor", "visitor_before"])

/** The day is that of `now`, not of the event's own time: salts are kept for two days only. */
export const addVisitor =
  (saltOf: SaltOf): AddVisitor =>
  (event, now) => {
    const query = withoutParams(event.query, visitorNames)
    const day = dayOf(now)
    const pairs = query === "" ? [] : [query as string]
    const salt = saltOf(day)
    if (salt !== undefined) pairs.push(`visitor=${visitorId(salt, event)}`)
    const before = now % dayMilliseconds < overlapMilliseconds ? saltOf(day - 1) : undefined
    if (before !== undefined) pairs.push(`visitor_before=${visitorId(before, event)}`)
    return { ...event, query: pairs.join("&") as ByteString }
  }

/** 64 bits in hex: with 100 million visitors a day, the probability of any collision is about 1 in 3,700. */
const visitorId = (salt: string, { address, userAgent, host }: EdgeEvent): string =>
  createHmac("sha256", salt).update(`${address}\0${userAgent}\0${host}`, "latin1").digest("hex").slice(0, 16)
