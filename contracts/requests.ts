/**
 * The requests between actors: subjects, queue group, formats, timeout of each. They nest (the drainer asks the enricher,
 * the enricher asks the bridge), so the inner timeouts are shorter: Kafka send 4 s < store 5 s < enrich 7 s < lease 30 s.
 * A request without events probes the path to the log: it passes all actors and returns an empty receipt.
 */
import type { Schema } from "effect"
import type { EnrichedBatch, RawBatch } from "./batch.ts"
import {
  EnrichedMessage1,
  EnrichedMessage2,
  readEnrichedBatch,
  writeEnrichedBatch
} from "./messages/enriched-batch.ts"
import type { Format } from "./messages/format.ts"
import { RawMessage1, RawMessage2, readRawBatch, writeRawBatch } from "./messages/raw-batch.ts"

/** A kind of request about a batch, whose reply is a receipt. All instances of the responder share the queue group. */
export interface Conversation<Request> {
  readonly name: string
  /** The subject of format 1. A format that readers of the one before cannot read has a subject of its own. */
  readonly subject: string
  /** The subject on which each format is sent. Responders serve all of them. */
  readonly subjects: Readonly<Record<Format, string>>
  readonly queue: string
  /** The name of the request among all messages (all-messages.ts). */
  readonly request: string
  /** The request on the wire (MessagePack) in each format, for documentation, tests and other languages. */
  readonly messages: Readonly<Record<Format, Schema.Top>>
  /** Default: the newest format. */
  readonly write: (request: Request, format?: Format) => Uint8Array
  /**
   * Reads each of our formats. Throws `Failure` "unreadable" or "too-large" for other bytes. Checks the structure only; the
   * sender has checked the events.
   */
  readonly read: (payload: Uint8Array) => Request
  /** How long the requester waits for the reply, milliseconds. */
  readonly timeout: number
}

/** Enrich these events and have them stored. */
export const Enrich: Conversation<RawBatch> = {
  name: "enrich",
  subject: "spoor.enrich",
  subjects: { 1: "spoor.enrich", 2: "spoor.enrich.2" },
  queue: "enrich",
  request: "raw-batch",
  messages: { 1: RawMessage1, 2: RawMessage2 },
  write: writeRawBatch,
  read: readRawBatch,
  timeout: 7_000
}

/** Store these records; reply when all replicas have them. */
export const Store: Conversation<EnrichedBatch> = {
  name: "store",
  subject: "spoor.store",
  subjects: { 1: "spoor.store", 2: "spoor.store" },
  queue: "store",
  request: "enriched-batch",
  messages: { 1: EnrichedMessage1, 2: EnrichedMessage2 },
  write: writeEnrichedBatch,
  read: readEnrichedBatch,
  timeout: 5_000
}

/** Timeout of one send to the log, milliseconds. */
export const logTimeout = 4_000

/** Duration of the lease of a claimed batch, milliseconds; afterwards another drainer may claim it. */
export const leaseTime = 30_000
