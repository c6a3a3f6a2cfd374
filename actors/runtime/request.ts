/**
 * How an actor asks another: encodes the batch, waits no longer than it may itself take, and reads the receipt.
 * A batch too large for one message, or with too large an answer, travels in parts and comes back as one receipt; one
 * without events travels too: it asks whether the way is free.
 */
import { Clock, Effect, Schema } from "effect"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import { accountsFor, mergeReceipts, type Receipt, type RejectedBy } from "../../contracts/batch.ts"
import { Failure } from "../../contracts/failure.ts"
import type { BatchDigest, BatchId, Topic } from "../../contracts/ids.ts"
import { decode, maxMessageBytes } from "../../contracts/messages/msgpack.ts"
import { type Conversation, Reply } from "../../contracts/requests.ts"
import { Deadline } from "./deadline.ts"
import { leastTime } from "./mailbox.ts"

/** What every request is about. */
interface Batch {
  readonly id: BatchId
  readonly digest: BatchDigest
  readonly events: ReadonlyArray<{ readonly index: number; readonly topic: Topic }>
}

/** What an answer needs to travel back, milliseconds. */
const travel = 200

const isReply = Schema.is(Reply)

/**
 * A function that asks the conversation's group about a batch and returns the receipt of the whole batch. An event
 * that is too large for any message is rejected in the name of `by`. Fails as the one asked does, or as the bus does.
 */
export const ask = Effect.fnUntraced(function* <Request extends Batch>(
  conversation: Conversation<Request>,
  by: RejectedBy
) {
  const bus = yield* MessageBus

  const send = Effect.fnUntraced(function* (request: Request) {
    const now = yield* Clock.currentTimeMillis
    const deadline = Math.min(now + conversation.timeout, (yield* Deadline) - travel)
    if (deadline - now < leastTime) {
      return yield* new Failure({ reason: "expired", message: `no time left to ask ${conversation.subject}` })
    }
    const answer = Effect.tapError(
      bus.request(conversation.subject, conversation.write(request), deadline),
      (failure) => nameSilence(failure, deadline)
    )
    return yield* readReceipt(request, yield* answer)
  })

  const sendInParts = (request: Request): Effect.Effect<Receipt, Failure> =>
    Effect.catchIf(
      send(request),
      (failure) => failure.reason === "too-large",
      ({ message }) => {
        if (request.events.length <= 1)
          return Effect.suspend(() => refuseLarge(request, conversation.write(request).length, by, message))
        const middle = request.events.length >> 1
        const parts = [request.events.slice(0, middle), request.events.slice(middle)]
        return Effect.forEach(parts, (events) => sendInParts({ ...request, events })).pipe(
          Effect.map((receipts) => mergeReceipts(request, receipts))
        )
      }
    )

  return (request: Request): Effect.Effect<Receipt, Failure> => Effect.suspend(() => sendInParts(request))
})

/**
 * One event that no message can hold is rejected. One that only this server's present limit keeps back waits; so does
 * one whose answer does not fit, which may be stored: it was sent, so a message can hold it.
 */
const refuseLarge = (
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
 * Silence until the deadline is another thing than an answer that says "no answer in time" from further on, and than a
 * connection that was lost while waiting, which is told at once. Timers may be a little early.
 */
const nameSilence = Effect.fnUntraced(function* ({ reason, message }: Failure, deadline: number) {
  if (reason !== "timeout" || (yield* Clock.currentTimeMillis) + leastTime < deadline) return
  return yield* new Failure({ reason: "no-answer", message })
})

const readReceipt = Effect.fnUntraced(function* (request: Batch, payload: Uint8Array) {
  const reply = yield* Effect.try({ try: () => decode(payload), catch: (cause) => cause as Failure })
  if (!isReply(reply)) return yield* new Failure({ reason: "unreadable", message: "the reply is no receipt" })
  if ("failure" in reply) return yield* new Failure(reply.failure)
  if (
    !accountsFor(
      reply.receipt,
      request,
      request.events.map(({ index }) => index)
    )
  ) {
    const { id, digest, stored, rejected } = reply.receipt
    const message = `the receipt of ${id} (lines ${digest}) accounts for ${stored} + ${rejected.length} of ${request.events.length} events of ${request.id} (lines ${request.digest})`
    return yield* new Failure({ reason: "crashed", message })
  }
  return reply.receipt
})
