/**
 * Every message that crosses a boundary between actors, as data: JSON Schemas, the AsyncAPI document and the types for
 * other languages are generated from it. To add a message, add its schemas to a file here and a row below. Pure.
 */
import type { Schema } from "effect"
import { ActorFigures } from "../actor-stats.ts"
import { DeadLetter } from "../dead-letter.ts"
import { copySubscriptionSubject } from "../event-copy.ts"
import { Enrich, Store } from "../requests.ts"
import { TapDropped, TapEvent } from "../tap-event.ts"
import { CopiesMessage1, CopiesMessage2, SubscriptionMessage1, SubscriptionMessage2 } from "./copies.ts"
import {
  BatchProgressMessage1,
  BatchProgressMessage2,
  ConsumerProgressMessage1,
  ConsumerProgressMessage2
} from "./progress.ts"
import { PushedLinesMessage, PushedReply, pushQueue, pushSubject } from "./pushed-lines.ts"
import { Reply1, Reply2 } from "./reply.ts"
import { StepReply, StepRequest, stepQueue, stepSubject } from "./step.ts"

/** One format of a message. */
export interface MessageFormat {
  readonly schema: Schema.Top
  /** The subject on which it is sent, with `<placeholders>`; undefined for a reply, and for what is not sent over NATS. */
  readonly subject?: string
}

/** A message in all its formats. */
export interface MessageDescription {
  /** As in `/contracts/<name>.<format>.json`. */
  readonly name: string
  /** One sentence, for people. */
  readonly summary: string
  readonly encoding: "msgpack" | "json"
  /**
   * `request`: one member of the queue group answers with `reply`. `reply`: to a request. `published`: to all subscribers, at
   * most once. `stats`: the data of an actor's endpoint in a reply on `$SRV.STATS`. `stored`: in the queue's server.
   */
  readonly direction: "request" | "reply" | "published" | "stats" | "stored"
  readonly formats: Readonly<Record<number, MessageFormat>>
  /** Of a request: the queue group, with `<placeholders>`. */
  readonly queue?: string
  /** Of a request: the name of the message that answers it. */
  readonly reply?: string
  /** Of a request: how long the requester waits at most, milliseconds; absent where a setting decides. */
  readonly timeoutMs?: number
  /** The actors that send it, and those that receive it. */
  readonly from: ReadonlyArray<string>
  readonly to: ReadonlyArray<string>
}

const one = (schema: Schema.Top, subject?: string): MessageFormat =>
  subject === undefined ? { schema } : { schema, subject }

const requestsAndReplies: ReadonlyArray<MessageDescription> = [
  {
    name: Enrich.request,
    summary: "A batch of parsed events, to be enriched and stored.",
    encoding: "msgpack",
    direction: "request",
    formats: {
      1: one(Enrich.messages[1], Enrich.subjects[1]),
      2: one(Enrich.messages[2], Enrich.subjects[2])
    },
    queue: Enrich.queue,
    reply: "reply",
    timeoutMs: Enrich.timeout,
    from: ["drainer"],
    to: ["enricher"]
  },
  {
    name: Store.request,
    summary: "A batch of finished records, to be stored in the log.",
    encoding: "msgpack",
    direction: "request",
    formats: { 1: one(Store.messages[1], Store.subjects[1]), 2: one(Store.messages[2], Store.subjects[2]) },
    queue: Store.queue,
    reply: "reply",
    timeoutMs: Store.timeout,
    from: ["enricher"],
    to: ["bridge"]
  },
  {
    name: "reply",
    summary: "The receipt that accounts for every event of a batch, or the failure.",
    encoding: "msgpack",
    direction: "reply",
    formats: { 1: one(Reply1), 2: one(Reply2) },
    from: ["enricher", "bridge"],
    to: ["drainer", "enricher"]
  },
  {
    name: "step-request",
    summary: "An enriched batch, for an enrichment step that adds parameters to its records.",
    encoding: "msgpack",
    direction: "request",
    formats: { 2: one(StepRequest, stepSubject("<name>")) },
    queue: stepQueue("<name>"),
    reply: "step-reply",
    from: ["enricher"],
    to: ["step"]
  },
  {
    name: "step-reply",
    summary: "The parameters that a step adds to events, or the failure.",
    encoding: "msgpack",
    direction: "reply",
    formats: { 2: one(StepReply) },
    from: ["step"],
    to: ["enricher"]
  },
  {
    name: "pushed-lines",
    summary: "Lines that an edge pushes to the queue of its centre.",
    encoding: "msgpack",
    direction: "request",
    formats: { 2: one(PushedLinesMessage, pushSubject) },
    queue: pushQueue,
    reply: "pushed-reply",
    from: ["forwarder"],
    to: ["receiver"]
  },
  {
    name: "pushed-reply",
    summary: "How many pushed lines the queue has stored, or the failure.",
    encoding: "msgpack",
    direction: "reply",
    formats: { 2: one(PushedReply) },
    from: ["receiver"],
    to: ["forwarder"]
  }
]

const everyActor = ["drainer", "enricher", "bridge"]

const published: ReadonlyArray<MessageDescription> = [
  {
    name: "batch-progress",
    summary: "Events of a batch that have reached a stage: received, enriched, stored or rejected.",
    encoding: "msgpack",
    direction: "published",
    formats: {
      1: one(BatchProgressMessage1, "spoor.events.<stage>.<topic>"),
      2: one(BatchProgressMessage2, "spoor.events.<stage>.<topic>")
    },
    from: everyActor,
    to: []
  },
  {
    name: "consumer-progress",
    summary: "Records that a consumer of the log has handled.",
    encoding: "msgpack",
    direction: "published",
    formats: {
      1: one(ConsumerProgressMessage1, "spoor.events.consumed.<topic>"),
      2: one(ConsumerProgressMessage2, "spoor.events.consumed.<topic>")
    },
    from: ["consumer"],
    to: ["viewer"]
  },
  {
    name: "copy-subscription",
    summary: "The stages of which a subscriber wants copies, repeated every second.",
    encoding: "msgpack",
    direction: "published",
    formats: {
      1: one(SubscriptionMessage1, copySubscriptionSubject),
      2: one(SubscriptionMessage2, copySubscriptionSubject)
    },
    from: ["viewer", "tap"],
    to: everyActor
  },
  {
    name: "copies",
    summary: "Copies of events of one batch and topic at one stage, only while somebody subscribes to them.",
    encoding: "msgpack",
    direction: "published",
    formats: {
      1: one(CopiesMessage1, "spoor.copies.<stage>.<topic>"),
      2: one(CopiesMessage2, "spoor.copies.<stage>.<topic>")
    },
    from: everyActor,
    to: ["viewer", "tap"]
  },
  {
    name: "tap-event",
    summary: "One event in flight, decoded.",
    encoding: "json",
    direction: "published",
    formats: { 1: one(TapEvent, "spoor.tap.<stage>.<topic>") },
    from: ["tap"],
    to: []
  },
  {
    name: "tap-dropped",
    summary: "The number of events that were not published because of the limits.",
    encoding: "json",
    direction: "published",
    formats: { 1: one(TapDropped, "spoor.tap.dropped.<stage>.<topic>") },
    from: ["tap"],
    to: []
  }
]

const others: ReadonlyArray<MessageDescription> = [
  {
    name: "actor-figures",
    summary: "The figures of an actor since its start: the data of its endpoint in $SRV.STATS.",
    encoding: "json",
    direction: "stats",
    formats: { 1: one(ActorFigures) },
    from: ["every actor"],
    to: ["viewer"]
  },
  {
    name: "dead-letter",
    summary: "An event that could not be processed, in the list DEAD_LETTER_KEY.",
    encoding: "json",
    direction: "stored",
    formats: { 1: one(DeadLetter) },
    from: ["drainer"],
    to: ["viewer"]
  }
]

/** All messages. A name appears once. */
export const allMessages: ReadonlyArray<MessageDescription> = [...requestsAndReplies, ...published, ...others]

/** Where a message's JSON Schema is served, as `$SRV.INFO` names it. */
export const schemaPath = (name: string, format: number): string => `/contracts/${name}.${format}.json`
