/**
 * A bus whose answers are signed with a key of the deployment, so that only its own actors can say that events are
 * stored. Lives as long as the bus it is made of. Whoever asks refuses an answer that is not signed, or that was made for
 * another request: then the batch waits, as in an outage.
 *
 * A signed answer is 32 bytes of HMAC-SHA-256 and the answer behind them. The HMAC is over the subject, a zero byte, the
 * SHA-256 of the request, and the answer; so it holds the batch's id, its lines, the counts and the places.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import { Effect, Redacted } from "effect"
import { Failure } from "../../contracts/failure.ts"
import type { MessageBus } from "./service.ts"

const macLength = 32

/** What NATS tools ask every service, which have no key. */
const isForAnyone = (subject: string): boolean => subject.startsWith("$SRV")

/** Signs every answer, and believes only what is signed, but on the subjects that NATS tools ask. */
export const signedBus = (
  bus: MessageBus["Service"],
  secret: Redacted.Redacted<string>
): MessageBus["Service"] => {
  const mac = (subject: string, request: Uint8Array, answer: Uint8Array): Buffer =>
    createHmac("sha256", Redacted.value(secret))
      .update(`${subject}\0`)
      .update(createHash("sha256").update(request).digest())
      .update(answer)
      .digest()

  const verified = (subject: string, request: Uint8Array, signed: Uint8Array): Uint8Array | undefined => {
    if (isForAnyone(subject)) return signed
    if (signed.length < macLength) return undefined
    const answer = signed.subarray(macLength)
    return timingSafeEqual(signed.subarray(0, macLength), mac(subject, request, answer)) ? answer : undefined
  }

  return {
    ...bus,
    request: (subject, payload, deadline) =>
      Effect.flatMap(bus.request(subject, payload, deadline), (signed) => {
        const answer = verified(subject, payload, signed)
        return answer === undefined ? Effect.fail(unsigned(subject)) : Effect.succeed(answer)
      }),
    requestMany: (subject, payload, window) =>
      Effect.map(bus.requestMany(subject, payload, window), (answers) =>
        answers.flatMap((signed) => {
          const answer = verified(subject, payload, signed)
          return answer === undefined ? [] : [answer]
        })
      ),
    serve: (subject, queue, answer) =>
      isForAnyone(subject)
        ? bus.serve(subject, queue, answer)
        : bus.serve(subject, queue, (request) =>
            Effect.map(answer(request), (made) =>
              Buffer.concat([mac(request.subject, request.payload, made), made])
            )
          )
  }
}

const unsigned = (subject: string): Failure =>
  new Failure({
    reason: "unreadable",
    message: `An answer on ${subject} is not signed with this process's BUS_SECRET: give all actors the same, and find out who else answers there.`
  })
