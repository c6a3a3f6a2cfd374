/**
 * A bus whose replies are signed with a key of the deployment, so that only its own actors can confirm events as stored.
 * Lives as long as the bus below it. A reply that is unsigned, or signed for another request, becomes a failure: the
 * batch then waits, as in an outage.
 *
 * A signed reply is 32 bytes of HMAC-SHA-256, followed by the reply. The HMAC covers the subject, a zero byte, the
 * SHA-256 of the request, and the reply; so it covers the batch's id, its lines, the counts and the places.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import { Effect, Redacted } from "effect"
import { Failure } from "../../contracts/failure.ts"
import type { MessageBus } from "./service.ts"

const macBytes = 32

/** Subjects of the micro service protocol: NATS tools use them and have no key. */
const isUnsigned = (subject: string): boolean => subject.startsWith("$SRV")

/** Signs every reply and accepts only signed ones, except on the subjects that NATS tools use. */
export const signedBus = (
  bus: MessageBus["Service"],
  secret: Redacted.Redacted<string>
): MessageBus["Service"] => {
  const mac = (subject: string, request: Uint8Array, reply: Uint8Array): Buffer =>
    createHmac("sha256", Redacted.value(secret))
      .update(`${subject}\0`)
      .update(createHash("sha256").update(request).digest())
      .update(reply)
      .digest()

  const verified = (subject: string, request: Uint8Array, signed: Uint8Array): Uint8Array | undefined => {
    if (isUnsigned(subject)) return signed
    if (signed.length < macBytes) return undefined
    const reply = signed.subarray(macBytes)
    return timingSafeEqual(signed.subarray(0, macBytes), mac(subject, request, reply)) ? reply : undefined
  }

  return {
    ...bus,
    request: (subject, payload, deadline, traceparent) =>
      Effect.flatMap(bus.request(subject, payload, deadline, traceparent), (signed) => {
        const reply = verified(subject, payload, signed)
        return reply === undefined ? Effect.fail(unsigned(subject)) : Effect.succeed(reply)
      }),
    requestMany: (subject, payload, window) =>
      Effect.map(bus.requestMany(subject, payload, window), (replies) =>
        replies.flatMap((signed) => {
          const reply = verified(subject, payload, signed)
          return reply === undefined ? [] : [reply]
        })
      ),
    serve: (subject, queue, answer) =>
      isUnsigned(subject)
        ? bus.serve(subject, queue, answer)
        : bus.serve(subject, queue, (request) =>
            Effect.map(answer(request), (reply) =>
              Buffer.concat([mac(request.subject, request.payload, reply), reply])
            )
          )
  }
}

const unsigned = (subject: string): Failure =>
  new Failure({
    reason: "unreadable",
    message: `A reply on ${subject} is not signed with this process's BUS_SECRET: set the same BUS_SECRET for all actors, and find out which other client replies there.`
  })
