/** A session of a device, and sessions that grow as events arrive in any order. Pure. */
import { Schema } from "effect"

/** `first` and `last`: when the log stored its outermost events; `start` and `end`: when the edge received them. */
export const Session = Schema.Struct({
  ...{ first: Schema.Number, last: Schema.Number, start: Schema.Number, end: Schema.Number },
  ...{ events: Schema.Number, entry: Schema.String, exit: Schema.String }
})
export type Session = typeof Session.Type

/** The length limit of `entry` and `exit`, characters: a client chooses event types, and a session must fit its record. */
const maxTypeChars = 256

/** The sessions with one more event. Events of several partitions arrive out of order: one may join two sessions. */
export const withEvent = (
  sessions: ReadonlyArray<Session>,
  { at, received, type }: { readonly at: number; readonly received: number; readonly type: string },
  gapMs: number
): ReadonlyArray<Session> => {
  const isNear = ({ first, last }: Session): boolean => at >= first - gapMs && at <= last + gapMs
  const name = type.slice(0, maxTypeChars).toWellFormed()
  const one = { first: at, last: at, start: received, end: received, events: 1, entry: name, exit: name }
  return [...sessions.filter((session) => !isNear(session)), sessions.filter(isNear).reduce(joined, one)]
}

const joined = (one: Session, other: Session): Session => {
  const early = other.first <= one.first ? other : one
  const late = other.last > one.last ? other : one
  const [start, end] = [Math.min(one.start, other.start), Math.max(one.end, other.end)]
  const events = one.events + other.events
  return { first: early.first, last: late.last, start, end, events, entry: early.entry, exit: late.exit }
}
