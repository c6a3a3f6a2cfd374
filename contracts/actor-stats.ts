/**
 * What an actor says of itself in `$SRV.STATS`, as the data of its one endpoint: its figures since it started. Counts
 * only grow, so whoever watches makes rates of two answers.
 */
import { Schema } from "effect"

/** How far behind the end of the log a reader is. */
export const Behind = Schema.Struct({
  topic: Schema.String,
  partition: Schema.Int,
  /** Records that lie behind the one read last. */
  records: Schema.Int,
  /** The offset behind the last record, as it was then: another reader may have seen a later one since. */
  end: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^\d+$/)))
})
export type Behind = typeof Behind.Type

/** What stands behind a name, for people: its kind, whether it is embedded, and where it is. */
export const SystemPlace = Schema.Struct({
  kind: Schema.String,
  embedded: Schema.Boolean,
  address: Schema.String
})
export type SystemPlace = typeof SystemPlace.Type

export const ActorFigures = Schema.Struct({
  /** Events by outcome: received, succeeded, failed, refused, rejected, renamed, repeated. */
  events: Schema.Record(Schema.String, Schema.Number),
  /** Messages under way or waiting, and how many there may be. */
  underWay: Schema.optionalKey(Schema.Number),
  capacity: Schema.optionalKey(Schema.Number),
  /** Age of the oldest event in the message handled last, milliseconds; and when that was, milliseconds since 1970. */
  lag: Schema.optionalKey(Schema.Number),
  lastAt: Schema.optionalKey(Schema.Number),
  /** Of a reader of the log: each partition it has read. */
  behind: Schema.optionalKey(Schema.Array(Behind)),
  /** The systems it needs, as found when last looked at: name to "ok" or the sentence that says what is wrong. */
  seams: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  /** What they refuse until somebody acts, though they answer, by the same names: sentences. */
  refusals: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  /** What these are, by the same names. */
  systems: Schema.optionalKey(Schema.Record(Schema.String, SystemPlace)),
  /** `starting`, `up`, `restarting` (it crashed) or `stopping`. */
  state: Schema.optionalKey(Schema.String)
})
export type ActorFigures = typeof ActorFigures.Type
