/** The JSON messages of the actor `tap` for NATS clients: one decoded event each, and the number of dropped events. */
import { Schema } from "effect"
import { CopyStage } from "./event-copy.ts"

const Pair = Schema.Tuple([Schema.String, Schema.String])

/** `spoor.tap.<stage>.<topic>`. Times are milliseconds since 1970; values masked by VIEWER_MASK are `•••`. */
export const TapEvent = Schema.Struct({
  stage: CopyStage,
  /** Event id: batch id, dash, place. */
  id: Schema.String,
  topic: Schema.String,
  /** Its place in the log, if it is there. */
  partition: Schema.optionalKey(Schema.Int),
  offset: Schema.optionalKey(Schema.String),
  /** When it passed this stage. */
  timestamp: Schema.Number,
  /** The event type, percent-decoded. */
  type: Schema.String,
  country: Schema.String,
  /** The device for people, and its type. */
  device: Schema.String,
  deviceType: Schema.String,
  address: Schema.String,
  /** The time from the edge to the enricher, milliseconds. */
  klag: Schema.optionalKey(Schema.Number),
  meta: Schema.Array(Pair),
  params: Schema.Array(Pair),
  /** The record as text; for `raw` and `rejected` the line. */
  raw: Schema.String,
  /** When it passed each stage: received, claimed, enriched, sent, logged. */
  times: Schema.Record(Schema.String, Schema.Number),
  /** Of `rejected`. */
  reason: Schema.optionalKey(Schema.String),
  detail: Schema.optionalKey(Schema.String),
  by: Schema.optionalKey(Schema.String)
})
export type TapEvent = typeof TapEvent.Type

/** `spoor.tap.dropped.<stage>.<topic>`: events that the tap or the copying actors dropped since its last message. */
export const TapDropped = Schema.Struct({ stage: CopyStage, topic: Schema.String, dropped: Schema.Int })
export type TapDropped = typeof TapDropped.Type
