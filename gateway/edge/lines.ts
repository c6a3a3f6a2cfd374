/**
 * `POST /api/v1/edge/lines`: lines that an edge pushes to the queue, signed with EDGE_SECRET. Answered with 200 when the
 * queue has them; a repeated push adds nothing. Keeps no state.
 */

import { Failure } from "../../contracts/failure.ts"
import type { Topic } from "../../contracts/ids.ts"
import { maxMessageBytes } from "../../contracts/messages/msgpack.ts"
import { type PushedLines, writePushedReply } from "../../contracts/messages/pushed-lines.ts"
import { closeConnection } from "../http/body/closing.ts"
import type { BodyLimits } from "../http/body/limits.ts"
import { bodyReader } from "../http/body/read-body.ts"
import { HttpError, refuse, refuseFailed } from "../http/errors.ts"
import { noStore } from "../http/responses.ts"
import type { Route } from "../routes.ts"
import { readEdgeLines } from "./check-lines.ts"
import { edgeLinesPath, isSignedWith, maxSignatureAge, readSignature, signatureHeader } from "./signature.ts"

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

/** The type of request and response. */
export const messagePackType = "application/msgpack"

/** The time of a signature is checked before the body is read. */
export const edgeRoute = (options: EdgeOptions, limits: BodyLimits): Route => {
  const { push, secrets, topic, countUnsigned } = options
  const readBody = bodyReader({ ...limits, sentBytes: maxMessageBytes, bytes: maxMessageBytes })

  const unsigned = (message: string, more: Readonly<Record<string, string>> = {}): HttpError => {
    countUnsigned()
    return new HttpError("unauthorized", message, { "www-authenticate": "Spoor-Signature", ...more })
  }

  const readSigned = async (request: Request, now: number): Promise<PushedLines> => {
    const signature = readSignature(request.headers.get(signatureHeader))
    if (signature === undefined) throw unsigned(noSignature, closeConnection)
    if (Math.abs(now / 1000 - signature.seconds) > maxSignatureAge) throw unsigned(wrongTime, closeConnection)
    return readBody(request, (body) => {
      const isSigned = secrets().map((secret) => isSignedWith(secret, signature, body))
      if (!isSigned.includes(true)) throw unsigned(wrongSignature)
      return readEdgeLines(body, topic)
    })
  }

  return {
    isPrivate: true,
    path: edgeLinesPath,
    POST: async ({ request, now }) => {
      try {
        const pushed = await readSigned(request, now)
        await push(pushed)
        const reply = writePushedReply({ id: pushed.id, count: pushed.lines.length })
        return new Response(Buffer.from(reply), { headers: { "content-type": messagePackType, ...noStore } })
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
const refusePush = (cause: unknown): Response =>
  cause instanceof Failure && !cause.retry
    ? refuse(cause.reason === "too-large" ? "too-large" : "bad-request", cause.message)
    : refuseFailed(cause, {
        busy: "The centre has too many lines waiting; push again after Retry-After.",
        unavailable: "The queue of the centre is unavailable; push again after Retry-After."
      })
