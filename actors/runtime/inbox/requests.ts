/** Messages that are requests of a conversation: any number of actors of the same name share them through the group. */
import { Effect, Result } from "effect"
import { type BusRequest, MessageBus } from "../../../bridge/message-bus/service.ts"
import type { Receipt, Rejection } from "../../../contracts/batch.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { encode } from "../../../contracts/messages/msgpack.ts"
import type { Conversation, Reply } from "../../../contracts/requests.ts"
import type { Inbox } from "../actor.ts"
import { Deadline } from "../deadline.ts"

interface Batch {
  readonly claimed: number
  readonly events: ReadonlyArray<unknown>
}

/** Serves the conversation; every request is answered exactly once, with a receipt or with why there is none. */
export const requests = <Request extends Batch>(
  conversation: Conversation<Request>
): Inbox<Request, Receipt, MessageBus> => ({
  describes: `requests on ${conversation.subject} (group ${conversation.queue})`,
  settings: [],
  serves: { subject: conversation.subject, queue: conversation.queue },
  open: Effect.fnUntraced(function* (mailbox) {
    const bus = yield* MessageBus

    const receive = Effect.fnUntraced(function* ({ payload, deadline }: BusRequest) {
      const request = yield* Effect.try({
        try: () => conversation.read(payload),
        catch: (cause) => cause as Failure
      })
      const weight = { events: request.events.length, oldest: request.claimed }
      return yield* Effect.provideService(mailbox.deliver(request, weight), Deadline, deadline)
    })

    yield* bus.serve(conversation.subject, conversation.queue, (request) =>
      Effect.map(Effect.result(receive(request)), (result) => encode(replyOf(result)))
    )
    return Effect.never
  })
})

/** The longest text in a reply, so that what is said of one event always fits a message. */
const longestText = 1_000

const cut = (text: string): string => (text.length <= longestText ? text : `${text.slice(0, longestText)}…`)

const replyOf = (result: Result.Result<Receipt, Failure>): Reply =>
  Result.isSuccess(result)
    ? { receipt: { ...result.success, rejected: result.success.rejected.map(withShortDetail) } }
    : { failure: { reason: result.failure.reason, message: cut(result.failure.message) } }

const withShortDetail = (rejection: Rejection): Rejection =>
  rejection.detail === undefined ? rejection : { ...rejection, detail: cut(rejection.detail) }
