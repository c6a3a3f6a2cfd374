/**
 * An id for a visitor without a cookie: the same for the same address, user agent and host within one UTC day, and
 * untraceable once the day's salt is gone. In the first hour of a day events also carry the id under the salt of the day
 * before, as `visitor_before`: a session that goes on past midnight is joined where the two stand side by side.
 */
import { createHmac } from "node:crypto"
import type { ByteString } from "../../contracts/event.ts"
import { withoutParams } from "../../contracts/wire/query.ts"
import type { EdgeEvent } from "../accept-events.ts"

/** The salt of a UTC day (`dayOf`); undefined while it is not known. */
export type SaltOf = (day: number) => string | undefined

/** Adds the ids to an event; the event as it is while no salt is known. */
export type AddVisitor = (event: EdgeEvent, now: number) => EdgeEvent

export const dayMilliseconds = 86_400_000

/** How long into a day the id of the day before is added, milliseconds. Twice the usual end of a session. */
export const overlapMilliseconds = 3_600_000

/** The UTC day of a moment, in days since 1970. */
export const dayOf = (now: number): number => Math.floor(now / dayMilliseconds)

/** Whoever sends a parameter of these names would choose who they are. */
export const visitorNames: ReadonlySet<string> = new Set(["visitor", "visitor_before"])

/** `now` decides the day, not when the event says it happened: a salt is known for two days only. */
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

/** 64 bits in hex: among a hundred million visitors a day two share one with a chance of 1 in 3000. */
const visitorId = (salt: string, { address, userAgent, host }: EdgeEvent): string =>
  createHmac("sha256", salt).update(`${address}\0${userAgent}\0${host}`, "latin1").digest("hex").slice(0, 16)
