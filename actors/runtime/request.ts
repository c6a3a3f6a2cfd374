/**
 * Sends a batch from one actor to another and returns its receipt. The request's deadline is never later than that of
 * the message being handled. A batch that is too large for one message, or whose answer is, is sent in parts, whose
 * receipts are merged. A batch without events is sent too: it probes the path. Keeps no state.
 */
import { Clock, Effect, Schema } from "effect"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import { accountsFor, mergeReceipts, type Receipt, type RejectedBy } from "../../contracts/batch.ts"
import { Failure } from "../../contracts/failure.ts"
import type { BatchDigest, BatchId, Topic } from "../../contracts/ids.ts"
import { decode, maxMessageBytes } from "../../contracts/messages/msgpack.ts"
import { type Conversation, Reply } from "../../contracts/requests.ts"
import type { EventTrace } from "../../contracts/trace-context.ts"
import { Deadline } from "./deadline.ts"
import { minTimeLeftMs } from "./mailbox.ts"
import { currentTraceparent } from "./telemetry/spans.ts"

/** The fields that every request has. */
interface Batch {
  readonly id: BatchId
  readonly digest: BatchDigest
  readonly events: ReadonlyArray<{ readonly index: number; readonly topic: Topic }>
  readonly traces?: ReadonlyArray<EventTrace>
}

/** Time reserved for the answer to travel back, milliseconds. */
const replyTravelMs = 200

const isReply = Schema.is(Reply)

/**
 * Makes a function that sends a batch to the conversation's queue group and returns the receipt of the whole batch. An
 * event too large for any message is rejected with the stage `by`. Fails as the responder fails, or as the bus fails.
 *
 * @example
 * ```ts
 * const askEnricher = yield* ask(Enrich, "drainer")
 * const receipt = yield* askEnricher({ id, digest, claimed, events })
 * ```
 */
export const ask = Effect.fnUntraced(function* <Request extends Batch>(
  conversation: Conversation<Request>,
  by: RejectedBy
) {
  const bus = yield* MessageBus

  const send = Effect.fnUntraced(function* (request: Request) {
    const now = yield* Clock.currentTimeMillis
    const deadline = Math.min(now + conversation.timeout, (yield* Deadline) - replyTravelMs)
    if (deadline - now < minTimeLeftMs) {
      return yield* new Failure({
        reason: "expired",
        message: `the deadline leaves no time for a request on ${conversation.subject}`
      })
    }
    const answer = Effect.tapError(
      bus.request(conversation.subject, conversation.write(request), deadline, yield* currentTraceparent),
      (failure) => asNoAnswer(failure, deadline)
    )
    return yield* readReceipt(request, yield* answer)
  })

  const sendInParts = (request: Request): Effect.Effect<Receipt, Failure> =>
    Effect.catchIf(
      send(request),
      (failure) => failure.reason === "too-large",
      ({ message }) => {
        if (request.events.length <= 1)
          return Effect.suspend(() => rejectLarge(request, conversation.write(request).length, by, message))
        const middle = request.events.length >> 1
        const parts = [request.events.slice(0, middle), request.events.slice(middle)]
        return Effect.forEach(parts, (events) => sendInParts(partOf(request, events))).pipe(
          Effect.map((receipts) => mergeReceipts(request, receipts))
        )
      }
    )

  return (request: Request): Effect.Effect<Receipt, Failure> => Effect.suspend(() => sendInParts(request))
})

/** The request with some of its events, and only the traces of these. */
const partOf = <Request extends Batch>(request: Request, events: Request["events"]): Request => {
  const { traces } = request
  if (traces === undefined) return { ...request, events }
  const indices = new Set(events.map(({ index }) => index))
  return { ...request, events, traces: traces.filter(({ index }) => indices.has(index)) }
}

/**
 * Rejects an event that no message can hold. An event that only exceeds the present limit of this server waits. So does
 * one whose answer does not fit: it was sent, so a message can hold it, and it may already be stored.
 */
const rejectLarge = (
  request: Batch,
  size: number,
  by: RejectedBy,
  message: string
): Effect.Effect<Receipt, Failure> => {
  if (size <= maxMessageBytes) return Effect.fail(new Failure({ reason: "unavailable", message }))
  const rejected = request.events.map(({ index, topic }) => ({
    index,
    topic,
    stage: by,
    reason: "too large" as const,
    detail: message
  }))
  return Effect.succeed({ id: request.id, digest: request.digest, stored: 0, placements: [], rejected })
}

/**
 * Turns a timeout at the deadline into `no-answer`: the responder did not reply. A `timeout` reported by the responder,
 * or by a connection that was lost while waiting, arrives before the deadline and stays a `timeout`. Timers may fire a
 * little early.
 */
const asNoAnswer = Effect.fnUntraced(function* ({ reason, message }: Failure, deadline: number) {
  if (reason !== "timeout" || (yield* Clock.currentTimeMillis) + minTimeLeftMs < deadline) return
  return yield* new Failure({ reason: "no-answer", message })
})

const readReceipt = Effect.fnUntraced(function* (request: Batch, payload: Uint8Array) {
  const reply = yield* Effect.try({ try: () => decode(payload), catch: (cause) => cause as Failure })
  if (!isReply(reply))
    return yield* new Failure({ reason: "unreadable", message: "the reply is not a receipt" })
  if ("failure" in reply) return yield* new Failure(reply.failure)
  if (
    !accountsFor(
      reply.receipt,
      request,
      request.events.map(({ index }) => index)
    )
  ) {
    const { id, digest, stored, rejected } = reply.receipt
    const message = `the receipt of ${id} (digest ${digest}) accounts for ${stored} stored and ${rejected.length} rejected of ${request.events.length} events of ${request.id} (digest ${request.digest})`
    return yield* new Failure({ reason: "crashed", message })
  }
  return reply.receipt
})
