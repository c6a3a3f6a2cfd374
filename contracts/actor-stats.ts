/**
 * The figures of an actor since its start, as the data of its one endpoint in `$SRV.STATS`. Counts only grow: a rate is
 * the difference of two replies.
 */
import { Schema } from "effect"

/** The distance of a reader from the end of the log. */
export const Behind = Schema.Struct({
  topic: Schema.String,
  partition: Schema.Int,
  /** Records after the last one that was read. */
  records: Schema.Int,
  /** The offset after the last record, as of that reading: another reader may have seen a later one since. */
  end: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^\d+$/)))
})
export type Behind = typeof Behind.Type

/** An outside system: its kind, whether it is embedded, and its address for people. */
export const SystemPlace = Schema.Struct({
  kind: Schema.String,
  embedded: Schema.Boolean,
  address: Schema.String
})
export type SystemPlace = typeof SystemPlace.Type

/** When an actor crashed, milliseconds since 1970, and the error, for people. */
export const Crash = Schema.Struct({ at: Schema.Int, cause: Schema.String })
export type Crash = typeof Crash.Type

export const ActorFigures = Schema.Struct({
  /** Events by outcome: received, succeeded, failed, refused, rejected, renamed, repeated. */
  events: Schema.Record(Schema.String, Schema.Number),
  /** Messages in flight or waiting, and the limit of them. */
  underWay: Schema.optionalKey(Schema.Number),
  capacity: Schema.optionalKey(Schema.Number),
  /** Age of the oldest event in the message handled last, milliseconds; and when that was, milliseconds since 1970. */
  lag: Schema.optionalKey(Schema.Number),
  lastAt: Schema.optionalKey(Schema.Number),
  /** Of a reader of the log: each partition that it has read. */
  behind: Schema.optionalKey(Schema.Array(Behind)),
  /** The systems that it needs, by name: "ok" or a sentence with the error, as of the last check. */
  seams: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  /** By the same names, what a reachable system refuses until somebody acts: a sentence. */
  refusals: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  /** The systems by the same names. */
  systems: Schema.optionalKey(Schema.Record(Schema.String, SystemPlace)),
  /** `starting`, `up`, `restarting` (it crashed), `given up` (it crashed too often; its process ends) or `stopping`. */
  state: Schema.optionalKey(Schema.String),
  /** Restarts after a crash, since the start of the process; absent before 0.5.0. */
  restarts: Schema.optionalKey(Schema.Int),
  /** The last crash, if there was one. */
  lastCrash: Schema.optionalKey(Crash)
})
export type ActorFigures = typeof ActorFigures.Type
