/**
 * Messages that are requests of a conversation. All instances of an actor share them through the queue group. Lives as
 * long as one run of its actor.
 */
import { Effect, Exit, Result, Scope } from "effect"
import { type Answer, type BusRequest, MessageBus } from "../../../bridge/message-bus/service.ts"
import type { Receipt, Rejection } from "../../../contracts/batch.ts"
import type { Failure } from "../../../contracts/failure.ts"
import type { BatchId } from "../../../contracts/ids.ts"
import { type Format, formats, peekFormat, replyFormatOf } from "../../../contracts/messages/format.ts"
import { type Reply, writeReply } from "../../../contracts/messages/reply.ts"
import type { Conversation } from "../../../contracts/requests.ts"
import type { Inbox } from "../actor.ts"
import { Self, type ServedEndpoint } from "../actor-context.ts"
import { Deadline } from "../deadline.ts"
import { inRequest } from "../telemetry/spans.ts"

interface Batch {
  readonly id: BatchId
  readonly claimed: number
  readonly events: ReadonlyArray<unknown>
}

/**
 * Serves the conversation in each format. Each request gets exactly one reply, in its own format: the handler's receipt,
 * or the failure it ended with. A handler that crashes replies `crashed`; a full mailbox replies `busy`; a request that
 * cannot be decoded replies with the decoder's failure and the formats that can, and is not delivered.
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
  describes: `requests on ${subjectsOf(conversation).join(" and ")} (group ${conversation.queue})`,
  settings: [],
  serves: {
    subject: conversation.subject,
    queue: conversation.queue,
    newer: subjectsOf(conversation).filter((subject) => subject !== conversation.subject)
  },
  open: Effect.fnUntraced(function* (mailbox) {
    const bus = yield* MessageBus
    const { instance, setServed } = yield* Self

    const handle = Effect.fnUntraced(function* (request: Request, { deadline, traceparent }: BusRequest) {
      const weight = { events: request.events.length, oldest: request.claimed }
      const delivered = Effect.provideService(mailbox.deliver(request, weight), Deadline, deadline)
      if (weight.events === 0) return yield* delivered
      const attributes = { "spoor.batch.id": request.id, "spoor.batch.events": weight.events }
      return yield* inRequest(conversation.name, traceparent, attributes, delivered)
    })

    const answer = (request: BusRequest): Effect.Effect<Answer> =>
      Effect.suspend(() => {
        const format = replyFormatOf(request.format ?? peekFormat(request.payload))
        const read = readWith(conversation, request.payload)
        return Result.isFailure(read)
          ? Effect.succeed(encoded({ ...failed(read.failure), formats }, format))
          : Effect.map(Effect.result(handle(read.success, request)), (result) =>
              encoded(replyOf(result), format)
            )
      })

    const { queue } = conversation
    const served: Array<ServedEndpoint> = []
    for (const subject of subjectsOf(conversation)) {
      const serving = bus.serve(subject, queue, answer, instance)
      if (subject === conversation.subject) yield* serving
      else if (!(yield* isServed(serving, subject))) continue
      served.push({ subject, queue, formats, request: conversation.request, reply: "reply" })
    }
    setServed?.(served)
    return Effect.never
  })
})

const subjectsOf = <Request>({ subjects }: Conversation<Request>): ReadonlyArray<string> => [
  ...new Set(formats.map((format) => subjects[format]))
]

/**
 * Serves the subject of a newer format; without the permission for it, senders write the older one, so that NATS accounts
 * may be changed before or after the actors.
 */
const isServed = Effect.fnUntraced(function* (
  serving: Effect.Effect<void, Failure, Scope.Scope>,
  subject: string
): Effect.fn.Return<boolean, never, Scope.Scope> {
  const parent = yield* Effect.scope
  const own = yield* Scope.fork(parent)
  const result = yield* Effect.result(Effect.provideService(serving, Scope.Scope, own))
  if (Result.isSuccess(result)) return true
  yield* Scope.close(own, Exit.void)
  yield* Effect.logWarning(
    `Requests are served in the older format only: ${result.failure.message}. Allow the subject ${subject} for this actor.`
  )
  return false
})

const readWith = <Request>(
  conversation: Conversation<Request>,
  payload: Uint8Array
): Result.Result<Request, Failure> => {
  try {
    return Result.succeed(conversation.read(payload))
  } catch (cause) {
    return Result.fail(cause as Failure)
  }
}

const encoded = (reply: Reply, format: Format): Answer => ({ payload: writeReply(reply, format), format })

/** The longest text in a reply, in characters, so that the rejection of one event always fits a message. */
const maxTextChars = 1_000

const cut = (text: string): string => (text.length <= maxTextChars ? text : `${text.slice(0, maxTextChars)}…`)

const replyOf = (result: Result.Result<Receipt, Failure>): Reply =>
  Result.isSuccess(result)
    ? { receipt: { ...result.success, rejected: result.success.rejected.map(withShortDetail) } }
    : failed(result.failure)

const failed = ({ reason, message }: Failure) => ({ failure: { reason, message: cut(message) } })

const withShortDetail = (rejection: Rejection): Rejection =>
  rejection.detail === undefined ? rejection : { ...rejection, detail: cut(rejection.detail) }
