/**
 * A delivery: one reaction to one event, from its match until it is delivered or dead. The store keeps its content as
 * MessagePack and does not look into it.
 */
import { Schema } from "effect"
import { Topic } from "../ids.ts"
import { Step } from "./rule.ts"

/** `<event id>.<rule>`, and `.<part>` for a delivery that another one caused. The header `webhook-id`, the same in every try. */
export const DeliveryId = Schema.NonEmptyString.pipe(Schema.brand("DeliveryId"))
export type DeliveryId = typeof DeliveryId.Type

/**
 * Whom a delivery calls: the origin of a URL, like `https://shop.example:8443`, or one of `ownTargets`. Deliveries to one
 * target share its limits and its circuit breaker.
 */
export const TargetName = Schema.NonEmptyString.pipe(Schema.brand("TargetName"))
export type TargetName = typeof TargetName.Type

/** Targets inside of Spoor: the queue (events), the registered devices (messages), the dead letters, and no valid target. */
export const ownTargets = {
  queue: "queue" as TargetName,
  devices: "devices" as TargetName,
  deadLetters: "dead-letters" as TargetName,
  none: "none" as TargetName
} as const

const texts = Schema.Record(Schema.String, Schema.String)

/** The event as templates see it. `params`: the first value of each name; `lists`: all values. Times: ms since 1970. */
export const ReactionEvent = Schema.Struct({
  id: Schema.String,
  type: Schema.String,
  topic: Topic,
  time: Schema.Finite,
  params: texts,
  lists: Schema.Record(Schema.String, Schema.Array(Schema.String)),
  meta: texts,
  /** How many rules caused the event one after another; 0 for an event of a client. */
  hops: Schema.Int
})
export type ReactionEvent = typeof ReactionEvent.Type

/** The answer of a target; `json` is absent when the body is none, or has over 100 levels. The body has at most 64 KiB. */
export const Answer = Schema.Struct({
  status: Schema.Int,
  body: Schema.String,
  json: Schema.optionalKey(Schema.Unknown)
})
export type Answer = typeof Answer.Type

/** A registered way to a device. */
export const Channel = Schema.Literals(["callback", "web-push", "fcm", "onesignal"])
export type Channel = typeof Channel.Type

/** A message to one channel of one device. */
export const Message = Schema.Struct({
  device: Schema.String,
  channel: Channel,
  locale: Schema.String,
  title: Schema.String,
  message: Schema.String,
  url: Schema.String,
  data: texts
})
export type Message = typeof Message.Type

/** Why a delivery failed for good, at which target, when it was made (`first`) and when it failed (`last`), ms since 1970. */
export const DeliveryFailure = Schema.Struct({
  reason: Schema.String,
  target: TargetName,
  attempts: Schema.Int,
  first: Schema.Finite,
  last: Schema.Finite
})
export type DeliveryFailure = typeof DeliveryFailure.Type

/**
 * What a delivery is made of. `at` is the place of the step to do now. With `message`, that is sent instead of a step. With
 * `failure`, the delivery has failed for good and waits to become a dead letter. `limits`: those of the rule, for the targets
 * of later steps. `answer`: what the templates of a report read.
 */
export const DeliveryContent = Schema.Struct({
  v: Schema.Literal(1),
  event: ReactionEvent,
  steps: Schema.Array(Step),
  at: Schema.Int,
  answers: Schema.Record(Schema.String, Answer),
  message: Schema.optionalKey(Message),
  answer: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)),
  limits: Schema.optionalKey(
    Schema.Struct({
      concurrency: Schema.optionalKey(Schema.Int),
      perSecond: Schema.optionalKey(Schema.Finite)
    })
  ),
  failure: Schema.optionalKey(DeliveryFailure),
  traceparent: Schema.optionalKey(Schema.String)
})
export type DeliveryContent = typeof DeliveryContent.Type
