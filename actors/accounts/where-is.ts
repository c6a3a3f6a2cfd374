/**
 * "Where is this event?", by its id: in flight, a dead letter, or in the log. An id is given at the claim, so a line
 * that waits has none yet; and a replayed line gets another one.
 */
import type { Effect } from "effect"
import type { EventLog } from "../../bridge/event-log/service.ts"
import type { EventUnderWay, QueueSource } from "../../bridge/ingest-queue/service.ts"
import type { Topics } from "../system/topics.ts"
import type { FoundLetter } from "./letters.ts"

/** A record of the event in the log. */
export interface StoredRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly key: string | undefined
  readonly value: Uint8Array
  /** When it passed each stage, milliseconds since 1970, in order: received, claimed, enriched, sent, stored. */
  readonly times: ReadonlyArray<readonly [stage: string, at: number]>
}

export interface Whereabouts {
  readonly id: string
  /** What comes first of the list below; the lists hold all that was found, since one event may be in two places. */
  readonly state: "not an id" | "in flight" | "dead letter" | "stored" | "not found"
  /** The same as a sentence for a person. */
  readonly sentence: string
  readonly underWay: ReadonlyArray<EventUnderWay & { readonly queue: string }>
  readonly letters: ReadonlyArray<FoundLetter>
  /** More than one when it was stored again after a lost answer. */
  readonly records: ReadonlyArray<StoredRecord>
  /** A sentence for each system that could not be asked, or not to its end. */
  readonly troubles: ReadonlyArray<string>
}

export interface Places {
  readonly sources: ReadonlyArray<QueueSource>
  readonly look: EventLog["Service"]["look"]
  readonly topics: Topics
  /** How long to look through the log, milliseconds; without it, to the end. */
  readonly patience?: number | undefined
}

/** Looks in all places side by side. Never fails: what could not be asked is among the troubles. */
export declare const whereIs: (id: string, places: Places) => Effect.Effect<Whereabouts>
