/**
 * Messages that are requests of a conversation. All instances of an actor share them through the queue group. Lives as
 * long as one run of its actor.
 */
import { Effect, Result } from "effect"
import { type BusRequest, MessageBus } from "../../../bridge/message-bus/service.ts"
import type { Receipt, Rejection } from "../../../contracts/batch.ts"
import type { Failure } from "../../../contracts/failure.ts"
import type { BatchId } from "../../../contracts/ids.ts"
import { encode } from "../../../contracts/messages/msgpack.ts"
import type { Conversation, Reply } from "../../../contracts/requests.ts"
import type { Inbox } from "../actor.ts"
import { Deadline } from "../deadline.ts"
import { inRequest } from "../telemetry/spans.ts"

interface Batch {
  readonly id: BatchId
  readonly claimed: number
  readonly events: ReadonlyArray<unknown>
}

/**
 * Serves the conversation. Each request gets exactly one reply: the handler's receipt, or the failure it ended with. A
 * handler that crashes replies `crashed`; a full mailbox replies `busy`; a request that cannot be decoded replies with
 * the decoder's failure and is not delivered.
 *
 * @example
 * ```ts
 * export const Enricher = Actor.make(
 *   "enricher",
 *   { summary: "…", receives: requests(Enrich), sends: "…", requires: [messageBus] },
 *   Effect.succeed((batch: RawBatch) => enrichAndStore(batch))
 * )
 * ```
 */
export const requests = <Request extends Batch>(
  conversation: Conversation<Request>
): Inbox<Request, Receipt, MessageBus> => ({
  describes: `requests on ${conversation.subject} (group ${conversation.queue})`,
  settings: [],
  serves: { subject: conversation.subject, queue: conversation.queue },
  open: Effect.fnUntraced(function* (mailbox) {
    const bus = yield* MessageBus

    const receive = Effect.fnUntraced(function* ({ payload, deadline, traceparent }: BusRequest) {
      const request = yield* Effect.try({
        try: () => conversation.read(payload),
        catch: (cause) => cause as Failure
      })
      const weight = { events: request.events.length, oldest: request.claimed }
      const delivered = Effect.provideService(mailbox.deliver(request, weight), Deadline, deadline)
      if (weight.events === 0) return yield* delivered
      const attributes = { "spoor.batch.id": request.id, "spoor.batch.events": weight.events }
      return yield* inRequest(conversation.name, traceparent, attributes, delivered)
    })

    yield* bus.serve(conversation.subject, conversation.queue, (request) =>
      Effect.map(Effect.result(receive(request)), (result) => encode(replyOf(result)))
    )
    return Effect.never
  })
})

/** The longest text in a reply, in characters, so that the rejection of one event always fits a message. */
const maxTextChars = 1_000

const cut = (text: string): string => (text.length <= maxTextChars ? text : `${text.slice(0, maxTextChars)}…`)

const replyOf = (result: Result.Result<Receipt, Failure>): Reply =>
  Result.isSuccess(result)
    ? { receipt: { ...result.success, rejected: result.success.rejected.map(withShortDetail) } }
    : { failure: { reason: result.failure.reason, message: cut(result.failure.message) } }

const withShortDetail = (rejection: Rejection): Rejection =>
  rejection.detail === undefined ? rejection : { ...rejection, detail: cut(rejection.detail) }
