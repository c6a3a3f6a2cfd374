/**
 * The figures of an actor since its start, as the data of its one endpoint in `$SRV.STATS`. Counts only grow: a rate is
 * the difference of two replies.
 */
import { Schema } from "effect"

/** The distance of a reader from the end of the log. */
export const Behind = Schema.Struct({
  topic: Schema.String.annotateKey({ description: "The topic." }),
  partition: Schema.Int.annotateKey({ description: "The partition of the topic." }),
  records: Schema.Int.annotateKey({ description: "Records after the last one that was read." }),
  end: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^\d+$/u))).annotateKey({
    description:
      "The offset after the last record, as of that reading: another reader may have seen a later one since. A decimal number of up to 64 bits."
  })
}).annotate({
  identifier: "Behind",
  description: "The distance of a reader from the end of one partition of the log."
})
export type Behind = typeof Behind.Type

/** An outside system. */
export const SystemPlace = Schema.Struct({
  kind: Schema.String.annotateKey({ description: "Its kind, like redis." }),
  embedded: Schema.Boolean.annotateKey({ description: "True when it runs inside the process." }),
  address: Schema.String.annotateKey({ description: "Its address, for people." })
}).annotate({ identifier: "SystemPlace", description: "An outside system." })
export type SystemPlace = typeof SystemPlace.Type

/** A crash of an actor. */
export const Crash = Schema.Struct({
  at: Schema.Int.annotateKey({ description: "When the actor crashed, milliseconds since 1970." }),
  cause: Schema.String.annotateKey({ description: "The error, for people." })
}).annotate({ identifier: "Crash", description: "A crash of an actor." })
export type Crash = typeof Crash.Type

export const ActorFigures = Schema.Struct({
  events: Schema.Record(Schema.String, Schema.Number).annotateKey({
    description:
      "Events by outcome: received, succeeded, failed, refused, rejected, renamed, repeated, misdated."
  }),
  underWay: Schema.optionalKey(Schema.Number).annotateKey({ description: "Messages in flight or waiting." }),
  capacity: Schema.optionalKey(Schema.Number).annotateKey({
    description: "The limit of messages in flight or waiting."
  }),
  lag: Schema.optionalKey(Schema.Number).annotateKey({
    description: "Age of the oldest event in the message handled last, milliseconds."
  }),
  lastAt: Schema.optionalKey(Schema.Number).annotateKey({
    description: "When the last message was handled, milliseconds since 1970."
  }),
  behind: Schema.optionalKey(Schema.Array(Behind)).annotateKey({
    description: "Of a reader of the log: each partition that it has read."
  }),
  seams: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)).annotateKey({
    description:
      'The systems that it needs, by name: "ok" or a sentence with the error, as of the last check.'
  }),
  refusals: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)).annotateKey({
    description: "By the same names, what a reachable system refuses until somebody acts: a sentence."
  }),
  systems: Schema.optionalKey(Schema.Record(Schema.String, SystemPlace)).annotateKey({
    description: "The systems by the same names."
  }),
  state: Schema.optionalKey(Schema.String).annotateKey({
    description:
      "`starting`, `up`, `restarting` (it crashed), `given up` (it crashed too often; its process ends) or `stopping`."
  }),
  restarts: Schema.optionalKey(Schema.Int).annotateKey({
    description: "Restarts after a crash, since the start of the process; absent before 0.5.0."
  }),
  lastCrash: Schema.optionalKey(Crash).annotateKey({ description: "The last crash, if there was one." })
})
export type ActorFigures = typeof ActorFigures.Type
