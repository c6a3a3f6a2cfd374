/** An emission as a record of the log: `event meta params` with the headers of every record. Pure. */
import { createHash } from "node:crypto"
import type { NewRecord } from "../../bridge/event-log/service.ts"
import type { KeyedPartition } from "../../bridge/keyed-store/service.ts"
import { type ByteString, bytesOf } from "../../contracts/event.ts"
import { type BatchId, eventId, type Topic } from "../../contracts/ids.ts"
import { encodeValue } from "../../contracts/wire/percent.ts"
import type { Emission } from "./definition.ts"
import { maxEmissionChars } from "./limits.ts"

/** The version of the record's format, header `v`. */
const recordVersion = "1"

/**
 * The id of all records of one commit: its time and a digest of actor, partition and version, so that it is an event id
 * like any other, which consumers recognise when the record is appended twice.
 */
export const commitId = (
  { actor, topic, partition }: KeyedPartition,
  version: number,
  now: number
): BatchId => {
  const digest = createHash("sha256").update(`${actor} ${topic}-${partition} ${version}`).digest("hex")
  return `${Math.floor(now).toString(16).padStart(12, "0").slice(-12)}${digest.slice(0, 20)}` as BatchId
}

/** What every record of an actor's commit has. `time`: milliseconds since 1970. */
export interface EmissionPlace {
  readonly actor: string
  readonly topic: Topic
  readonly key: string
  readonly time: number
  readonly id: BatchId
  readonly index: number
}

/** The record. Throws an error with a sentence for an emission that is too large, or that has no type. */
export const emittedRecord = (
  { type, params }: Emission,
  { actor, topic, key, time, id, index }: EmissionPlace
): NewRecord => {
  const encoded = (value: string | number): ByteString => encodeValue(bytesOf(String(value)))
  const query = Object.entries(params)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .join("&")
  if (type === "") throw new Error("An emission needs a type.")
  if (query.length > maxEmissionChars)
    throw new Error(
      `An emission has ${query.length} characters of parameters; at most ${maxEmissionChars} are allowed.`
    )
  const at = Math.floor(time)
  const meta = `type=&browser=&engine=&version=&os=&host=&pod=${encoded(actor)}&ts=${at}&ip=&klag=0&country=&city=`
  return {
    topic,
    key,
    value: new TextEncoder().encode(`${encoded(type)} ${meta} ${query === "" ? "e" : query}`),
    headers: { id: eventId(id, index), v: recordVersion, received: String(at) }
  }
}
