/**
 * A bus whose replies are signed with a key of the deployment, so that only its own actors can confirm events as stored.
 * Lives as long as the bus below it. A reply that is unsigned, or signed for another request, becomes a failure: the
 * batch then waits, as in an outage. The format of a signed reply is in reply-signature.ts.
 */
import { Effect, Redacted } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { signReply, verifyReply } from "./reply-signature.ts"
import { type Answer, type BusMessage, type MessageBus, partsOf } from "./service.ts"

/** Subjects of the micro service protocol: NATS tools use them and have no key. */
const isUnsigned = (subject: string): boolean => subject.startsWith("$SRV")

/** Signs every reply and accepts only signed ones, except on the subjects that NATS tools use. */
export const signedBus = (
  bus: MessageBus["Service"],
  secret: Redacted.Redacted<string>
): MessageBus["Service"] => {
  const verified = (subject: string, request: Uint8Array, signed: Uint8Array): Uint8Array | undefined =>
    isUnsigned(subject) ? signed : verifyReply(Redacted.value(secret), subject, request, signed)

  const exchange: MessageBus["Service"]["exchange"] = (request) =>
    Effect.flatMap(bus.exchange(request), (signed) => {
      const payload = verified(request.subject, request.payload, signed.payload)
      return payload === undefined
        ? Effect.fail(unsigned(request.subject, signed.instance))
        : Effect.succeed({ ...signed, payload })
    })

  const sign = ({ subject, payload }: BusMessage, answer: Answer): Answer => {
    const parts = partsOf(answer)
    const signed = signReply(Redacted.value(secret), subject, payload, parts.payload)
    return parts.format === undefined ? signed : { payload: signed, format: parts.format }
  }

  return {
    ...bus,
    exchange,
    request: (subject, payload, deadline, traceparent) =>
      Effect.map(exchange({ subject, payload, deadline, traceparent }), (reply) => reply.payload),
    requestMany: (subject, payload, window) =>
      Effect.map(bus.requestMany(subject, payload, window), (replies) =>
        replies.flatMap((signed) => {
          const reply = verified(subject, payload, signed)
          return reply === undefined ? [] : [reply]
        })
      ),
    serve: (subject, queue, answer, instance) =>
      isUnsigned(subject)
        ? bus.serve(subject, queue, answer, instance)
        : bus.serve(
            subject,
            queue,
            (request) => Effect.map(answer(request), (reply) => sign(request, reply)),
            instance
          )
  }
}

const unsigned = (subject: string, instance: string | undefined): Failure =>
  new Failure({
    reason: "unreadable",
    message: `A reply of ${instance === undefined ? "an instance without a name" : `instance ${instance}`} on ${subject} is not signed with this process's BUS_SECRET: set the same BUS_SECRET for all actors, and find out which other client replies there.`
  })
