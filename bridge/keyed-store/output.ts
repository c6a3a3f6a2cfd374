/** A record that waits for its append, as bytes: MessagePack, the same in every store. */
import { Failure } from "../../contracts/failure.ts"
import type { Topic } from "../../contracts/ids.ts"
import { decode, pack } from "../../contracts/messages/msgpack.ts"
import type { NewRecord } from "../event-log/service.ts"

export const packOutput = ({ topic, key, value, headers }: NewRecord): Uint8Array =>
  pack([topic, key ?? null, value, headers])

/** The record in these bytes; throws `Failure` "unreadable" for bytes that `packOutput` did not make. */
export const outputOf = (bytes: Uint8Array): NewRecord => {
  const fields = decode(bytes)
  const [topic, key, value, headers] = Array.isArray(fields) ? fields : []
  if (typeof topic !== "string" || !(value instanceof Uint8Array) || typeof headers !== "object")
    throw new Failure({ reason: "unreadable", message: "A waiting output of a keyed actor is damaged." })
  const record = { topic: topic as Topic, value, headers }
  return typeof key === "string" ? { ...record, key } : record
}
