/**
 * A delivery in a dead letter of the stage `deliverer`: its `line` is this as JSON, in UTF-8, so that people can read and edit
 * it like a line. It contains no secrets, because rules name them only. Pure.
 */
import { Schema } from "effect"
import { DeliveryContent, DeliveryId, TargetName } from "./delivery.ts"

/** `content` has no `failure`: replayed, the delivery goes on with the step that failed. */
export const DeadDelivery = Schema.Struct({
  delivery: DeliveryId,
  rule: Schema.NonEmptyString,
  target: TargetName,
  content: DeliveryContent
})
export type DeadDelivery = typeof DeadDelivery.Type

const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(DeadDelivery))

/** The JSON of a delivery that failed. */
export const writeDeadDelivery = ({ content, ...delivery }: DeadDelivery): string => {
  const { failure: _, ...rest } = content
  return JSON.stringify({ ...delivery, content: rest })
}

/** The delivery in a JSON text, which people may have edited. Throws an error that says what is wrong with it. */
export const readDeadDelivery = (json: string): DeadDelivery => decodeJson(json)
