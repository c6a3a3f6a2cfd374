/** Dry run: what would happen to a line now, by the functions that the drainer and the enricher use. Sends nothing, keeps no state. */
import { Effect } from "effect"
import { GeoIp } from "../../../bridge/geo-ip/service.ts"
import { kafkaKeyParam } from "../../../bridge/settings.ts"
import type { RejectedBy, Rejection } from "../../../contracts/batch.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { emptyDigest, newBatchId, type Topic } from "../../../contracts/ids.ts"
import { maxMessageBytes } from "../../../contracts/messages/msgpack.ts"
import { Enrich, Store } from "../../../contracts/requests.ts"
import { enrichEvents } from "../../transform/enrich-events.ts"
import { readLines } from "../../transform/read-lines.ts"
import type { Topics } from "../../transform/topics.ts"

/** The record that would be stored, or the rejection with which the line would become a dead letter again. */
export type DryRun =
  | {
      readonly kind: "stored"
      readonly topic: Topic
      readonly key: string | undefined
      readonly value: Uint8Array
      /** The line names a topic that is not allowed, so its event goes to the standard topic. */
      readonly isTopicUnknown: boolean
    }
  | { readonly kind: "dead"; readonly rejection: Rejection }

/** Tries a line; its lag ends at `now`, milliseconds since 1970. Never throws. */
export type TryLine = (line: ByteString, now: number) => DryRun

/**
 * Makes the dry run with this installation's topics, GeoIP database and key parameter. It cannot predict what only the log
 * decides: whether a record is too large for its topic.
 */
export const makeDryRun = Effect.fnUntraced(function* (topics: Topics) {
  const { locate } = yield* GeoIp
  const enrich = enrichEvents({ locate, keyParam: yield* kafkaKeyParam.config })
  const tryLine: TryLine = (line, now) => {
    const { events, rejected: unreadable, unknownTopics } = readLines([line], topics)
    const { enriched, rejected } = enrich(events, now)
    const [rejection] = [
      ...unreadable,
      ...rejected,
      ...tooLarge("drainer", events, (event) =>
        Enrich.write({ id: newBatchId(), digest: emptyDigest, claimed: now, events: [event] })
      ),
      ...tooLarge("enricher", enriched, (event) =>
        Store.write({ id: newBatchId(), digest: emptyDigest, claimed: now, enriched: now, events: [event] })
      )
    ]
    if (rejection !== undefined) return { kind: "dead", rejection }
    const [record] = enriched
    if (record === undefined) throw new Error("A line became neither a record nor a rejection.")
    const { topic, key, value } = record
    return { kind: "stored", topic, key, value, isTopicUnknown: unknownTopics > 0 }
  }
  return tryLine
})

/** The rejection of an event that no message can hold, as its sender would report it. */
const tooLarge = <Event extends { readonly index: number; readonly topic: Topic }>(
  stage: RejectedBy,
  events: ReadonlyArray<Event>,
  write: (event: Event) => Uint8Array
): ReadonlyArray<Rejection> =>
  events.flatMap((event) =>
    write(event).length <= maxMessageBytes
      ? []
      : [{ index: event.index, topic: event.topic, stage, reason: "too large" }]
  )
