/** The event of a record as templates see it. Pure. */
import type { LogRecord } from "../../bridge/event-log/service.ts"
import { byteStringOf } from "../../contracts/byte-string.ts"
import type { Topic } from "../../contracts/ids.ts"
import type { ReactionEvent } from "../../contracts/reactions/delivery.ts"
import { splitRecord } from "../../contracts/wire/record.ts"
import { RecordFields } from "./fields.ts"

/**
 * The parameter that counts how many rules caused an event one after another, and the pod of such events. A client that
 * sends the parameter has a gateway's pod, so that it cannot keep its event from causing something.
 */
export const hopsParam = "spoor_hops"
export const emittedPod = "deliverer"

/** The fields of a record; undefined if it does not follow the contract. `id`: for a record without an id of Spoor. */
export const fieldsOf = (
  record: LogRecord,
  topic: Topic,
  id = record.headers.id ?? ""
): RecordFields | undefined => {
  const split = splitRecord(record.text ?? byteStringOf(record.value))
  return split === undefined ? undefined : new RecordFields(split, topic, id)
}

/** The event of these fields; `time`: when the log stored it, ms since 1970. */
export const eventOf = (fields: RecordFields, time: number): ReactionEvent => ({
  id: fields.id,
  type: fields.type,
  topic: fields.topic,
  time,
  params: Object.fromEntries(fields.params),
  lists: Object.fromEntries(fields.lists),
  meta: Object.fromEntries(fields.metas),
  hops: fields.meta("pod") === emittedPod ? hopsOf(fields.param(hopsParam)) : 0
})

/** 0 for a text that is no count. */
const hopsOf = (text: string | undefined): number =>
  text !== undefined && /^\d{1,4}$/.test(text) ? Number(text) : 0

/** The event in a record; undefined if the record does not follow the contract. */
export const reactionEventOf = (
  record: LogRecord,
  topic: Topic,
  id = record.headers.id ?? ""
): ReactionEvent | undefined => {
  const fields = fieldsOf(record, topic, id)
  return fields === undefined ? undefined : eventOf(fields, record.timestamp)
}
