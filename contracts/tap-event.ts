/** The JSON messages of the actor `tap` for NATS clients: one decoded event each, and the number of dropped events. */
import { Schema } from "effect"
import { CopyStage } from "./event-copy.ts"

const Pair = Schema.Tuple([Schema.String, Schema.String])

/** `spoor.tap.<stage>.<topic>`. Times are milliseconds since 1970; values masked by VIEWER_MASK are `•••`. */
export const TapEvent = Schema.Struct({
  stage: CopyStage,
  id: Schema.String.annotateKey({ description: "The event id: the id of its batch, a dash, and its index." }),
  topic: Schema.String.annotateKey({ description: "The topic of the event." }),
  partition: Schema.optionalKey(Schema.Int).annotateKey({
    description: "Of stored: its partition in the log."
  }),
  offset: Schema.optionalKey(Schema.String).annotateKey({
    description: "Of stored: its offset in the log, a decimal number of up to 64 bits."
  }),
  timestamp: Schema.Number.annotateKey({
    description: "When it passed this stage, milliseconds since 1970."
  }),
  type: Schema.String.annotateKey({
    description: "The event type, percent-decoded; empty when it cannot be parsed."
  }),
  country: Schema.String.annotateKey({
    description: "ISO 3166 alpha-2, XX where unknown; empty before enrichment."
  }),
  device: Schema.String.annotateKey({ description: "The device, for a person; empty before enrichment." }),
  deviceType: Schema.String.annotateKey({
    description: "Desktop, Mobile, Tablet, TV, Console, Wearable, Bot or Unknown; empty before enrichment."
  }),
  address: Schema.String.annotateKey({ description: "The client's address." }),
  klag: Schema.optionalKey(Schema.Number).annotateKey({
    description: "The time from the edge to the enricher, milliseconds."
  }),
  meta: Schema.Array(Pair).annotateKey({
    description: "The fields of `meta`, decoded, in order: name and value."
  }),
  params: Schema.Array(Pair).annotateKey({
    description: "The parameters, decoded, in order: name and value."
  }),
  raw: Schema.String.annotateKey({ description: "The record as text; of raw and rejected the line." }),
  times: Schema.Record(Schema.String, Schema.Number).annotateKey({
    description:
      "When it passed each stage (received, claimed, enriched, sent, logged), milliseconds since 1970."
  }),
  reason: Schema.optionalKey(Schema.String).annotateKey({ description: "Of rejected: why." }),
  detail: Schema.optionalKey(Schema.String).annotateKey({
    description: "Of rejected: the error, for a person."
  }),
  by: Schema.optionalKey(Schema.String).annotateKey({
    description: "Of rejected: the actor that rejected it."
  })
})
export type TapEvent = typeof TapEvent.Type

/** `spoor.tap.dropped.<stage>.<topic>`: events that the tap or the copying actors dropped since its last message. */
export const TapDropped = Schema.Struct({
  stage: CopyStage,
  topic: Schema.String.annotateKey({ description: "The topic of the events." }),
  dropped: Schema.Int.annotateKey({
    description: "The number of events that were dropped since the last message."
  })
})
export type TapDropped = typeof TapDropped.Type
