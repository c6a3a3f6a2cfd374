/**
 * `POST /api/v1/edge/lines`: lines that an edge pushes to the queue, signed with EDGE_SECRET. Answered with 200 when the
 * queue has them; a repeated push adds nothing. Lives as long as the gateway.
 */
import {
  edgeLinesPath,
  matches,
  maxSignatureAge,
  readSignature,
  type Signature,
  signatureHeader
} from "../../contracts/edge-signature.ts"
import { Failure } from "../../contracts/failure.ts"
import type { Topic } from "../../contracts/ids.ts"
import { maxMessageBytes } from "../../contracts/messages/msgpack.ts"
import { type PushedLines, writePushedReply } from "../../contracts/messages/pushed-lines.ts"
import { authThrottle } from "../http/auth-throttle.ts"
import { closeConnection } from "../http/body/closing.ts"
import type { BodyLimits } from "../http/body/limits.ts"
import { bodyReader } from "../http/body/read-body.ts"
import { refuse, refuseFailed } from "../http/errors.ts"
import { noStore } from "../http/responses.ts"
import type { RequestContext } from "../request-context.ts"
import type { Route } from "../routes.ts"
import { readEdgeLines } from "./check-lines.ts"

export interface EdgeOptions {
  /** Resolves when the queue has the lines, once, however often it is called with one id; rejects with `Failure`. */
  readonly push: (pushed: PushedLines) => Promise<void>
  /** The secrets of the moment; a signature by any of them is accepted. */
  readonly secrets: () => ReadonlyArray<string>
  /** The centre's default topic. */
  readonly topic: Topic
  /** Counts a request that is refused for its signature; must not fail. */
  readonly countUnsigned: () => void
}

export const messagePackType = "application/msgpack"

/** A network that sent too many wrong signatures must wait. The age of a signature is checked before the body is read. */
export const edgeRoute = (
  { push, secrets, topic, countUnsigned }: EdgeOptions,
  limits: BodyLimits
): Route => {
  const readBody = bodyReader({ ...limits, sentBytes: maxMessageBytes, bytes: maxMessageBytes })
  const throttle = authThrottle()

  const unsigned = ({ address, now }: RequestContext, message: string, more = {}): Response => {
    throttle.count(address, now)
    countUnsigned()
    return refuse("unauthorized", message, { "www-authenticate": "Spoor-Signature", ...more })
  }

  const isSigned = async (signature: Signature, body: Uint8Array): Promise<boolean> => {
    const found = await Promise.all(secrets().map((secret) => matches(signature, secret, body)))
    return found.includes(true)
  }

  return {
    isPrivate: true,
    path: edgeLinesPath,
    POST: async (context) => {
      const { request, address, now } = context
      const waitMs = throttle.wait(address, now)
      if (waitMs > 0)
        return refuse("too-many-requests", "Too many wrong signatures; try again after Retry-After.", {
          "retry-after": String(Math.ceil(waitMs / 1000)),
          ...closeConnection
        })
      const signature = readSignature(request.headers.get(signatureHeader))
      if (signature === undefined) return unsigned(context, noSignature, closeConnection)
      if (Math.abs(now / 1000 - signature.seconds) > maxSignatureAge)
        return unsigned(context, wrongTime, closeConnection)
      const body = await readBody(request, (bytes) => bytes.slice())
      if (!(await isSigned(signature, body))) return unsigned(context, wrongSignature)
      try {
        const pushed = readEdgeLines(body, topic)
        await push(pushed)
        return new Response(Buffer.from(writePushedReply({ id: pushed.id, count: pushed.lines.length })), {
          headers: { "content-type": messagePackType, ...noStore }
        })
      } catch (cause) {
        return refusePush(cause)
      }
    }
  }
}

const noSignature = "Send the header Spoor-Signature: t=<seconds since 1970>,v1=<HMAC-SHA-256 in hex>."
const wrongTime = `The time of the signature differs by more than ${maxSignatureAge} seconds from the clock of the centre: set the clock of the edge.`
const wrongSignature = "The signature does not match EDGE_SECRET."

/** What is wrong with the message is sent to the edge; failures of the queue, which may name internal systems, are not. */
const refusePush = (cause: unknown): Response => {
  if (!(cause instanceof Failure) || cause.retry)
    return refuseFailed(cause, {
      busy: "The queue of the centre is full; push again after Retry-After.",
      unavailable: "The queue of the centre is unavailable; push again after Retry-After."
    })
  return refuse(cause.reason === "too-large" ? "too-large" : "bad-request", cause.message)
}
