/**
 * Sends a batch from one actor to another and returns its receipt. The request's deadline is never later than that of
 * the message being handled. A batch that is too large for one message, or whose answer is, is sent in parts, whose
 * receipts are merged. A batch without events is sent too: it probes the path. Its only state is the format that the
 * responders read (negotiate-format.ts).
 */
import { Clock, Effect } from "effect"
import { type BusReply, MessageBus } from "../../bridge/message-bus/service.ts"
import { accountsFor, mergeReceipts, type Receipt, type RejectedBy } from "../../contracts/batch.ts"
import { Failure } from "../../contracts/failure.ts"
import type { BatchDigest, BatchId, Topic } from "../../contracts/ids.ts"
import { type Format, newestFormat, oldestFormat } from "../../contracts/messages/format.ts"
import { maxMessageBytes } from "../../contracts/messages/msgpack.ts"
import { type Reply, readReply } from "../../contracts/messages/reply.ts"
import type { Conversation } from "../../contracts/requests.ts"
import type { EventTrace } from "../../contracts/trace-context.ts"
import { type BadReplies, badRepliesOn } from "./bad-reply.ts"
import { Deadline } from "./deadline.ts"
import { minTimeLeftMs } from "./mailbox.ts"
import { negotiateFormat } from "./negotiate-format.ts"
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

/**
 * Makes a function that sends a batch to the conversation's queue group and returns the receipt of the whole batch. An
 * event too large for any message is rejected with the stage `by`. Fails as the responder fails, as the bus fails, or with
 * `unreadable` for a reply that is no receipt of this batch, which the log attributes to its sender.
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
  const choice = negotiateFormat(bus, conversation)
  const badReplies = badRepliesOn(conversation.subject)

  const exchange = (request: Request, format: Format, deadline: number) =>
    Effect.flatMap(currentTraceparent, (traceparent) =>
      bus.exchange({
        subject: conversation.subjects[format],
        payload: conversation.write(request, format),
        deadline,
        traceparent,
        format
      })
    )

  /** Sends it in that format, or in an older one when the responder serves or reads only that. */
  const sendIn: (request: Request, format: Format, deadline: number) => Effect.Effect<Receipt, Failure> =
    Effect.fnUntraced(function* (request, format, deadline) {
      const sent = yield* Effect.result(exchange(request, format, deadline))
      if (sent._tag === "Failure") {
        yield* asNoAnswer(sent.failure, deadline)
        const other = sent.failure.reason === "no-responders" ? yield* choice.unserved(format) : undefined
        return yield* other === undefined ? sent.failure : sendIn(request, other, deadline)
      }
      const reply = yield* read(sent.success, badReplies)
      if (!("failure" in reply)) return yield* receiptIn(request, reply.receipt, sent.success, badReplies)
      const { failure, formats } = reply
      const other =
        failure.reason === "unreadable" && formats !== undefined && format > oldestFormat
          ? yield* choice.refused(format, formats)
          : undefined
      if (other !== undefined && other < format) return yield* sendIn(request, other, deadline)
      return yield* new Failure(failure)
    })

  /** Default: the chosen format. */
  const send = Effect.fnUntraced(function* (request: Request, format?: Format) {
    const now = yield* Clock.currentTimeMillis
    const deadline = Math.min(now + conversation.timeout, (yield* Deadline) - replyTravelMs)
    if (deadline - now < minTimeLeftMs) {
      return yield* new Failure({
        reason: "expired",
        message: `the deadline leaves no time for a request on ${conversation.subject}`
      })
    }
    return yield* sendIn(request, format ?? (yield* choice.current), deadline)
  })

  const sendInParts = (request: Request): Effect.Effect<Receipt, Failure> =>
    Effect.catchIf(
      send(request),
      (failure) => failure.reason === "too-large",
      ({ message }) => {
        if (request.events.length <= 1)
          return Effect.flatMap(choice.current, (format) =>
            sendLarge(conversation, request, format, by, message, send(request, newestFormat))
          )
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
 * One event that does not fit a message of the chosen format. It may fit one of the newest (`inNewest` sends it), which the
 * newer ones of the responders read; without them it waits.
 */
const sendLarge = <Request extends Batch>(
  { write }: Conversation<Request>,
  request: Request,
  format: Format,
  by: RejectedBy,
  message: string,
  inNewest: Effect.Effect<Receipt, Failure>
): Effect.Effect<Receipt, Failure> => {
  const size = write(request, format).length
  if (size <= maxMessageBytes || write(request, newestFormat).length > maxMessageBytes)
    return rejectLarge(request, size, by, message)
  return Effect.catchIf(
    inNewest,
    ({ reason }) => reason === "too-large",
    (failure) => Effect.fail(new Failure({ reason: "unavailable", message: failure.message }))
  )
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

const read = (reply: BusReply, badReplies: BadReplies): Effect.Effect<Reply, Failure> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(readReply(reply.payload))
    } catch (cause) {
      return badReplies.fail(reply, (cause as Failure).message)
    }
  })

const receiptIn = (
  request: Batch,
  receipt: Receipt,
  reply: BusReply,
  badReplies: BadReplies
): Effect.Effect<Receipt, Failure> => {
  const indices = request.events.map(({ index }) => index)
  if (accountsFor(receipt, request, indices)) return Effect.succeed(receipt)
  const { id, digest, stored, rejected } = receipt
  return badReplies.fail(
    reply,
    `the receipt of ${id} (digest ${digest}) accounts for ${stored} stored and ${rejected.length} rejected of ${indices.length} events of ${request.id} (digest ${request.digest})`
  )
}
