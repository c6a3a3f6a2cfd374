/** A gateway that takes lines of edges, without a socket: it records what it pushes. */

import type { ByteString } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { Topic } from "../../../contracts/ids.ts"
import { newPushId, type PushedLines, writePushedLines } from "../../../contracts/messages/pushed-lines.ts"
import type { GatewayOptions } from "../../../gateway/app.ts"
import { signatureHeader, signBody } from "../../../gateway/edge/signature.ts"
import { arrivedAt, testGateway } from "../gateway-for-tests.ts"

export const secret = "correct-horse-battery-staple"

export const linesOf = (...lines: ReadonlyArray<string>): PushedLines => ({
  id: newPushId(),
  lines: lines as ReadonlyArray<ByteString>
})

export const edgeGateway = (more: Partial<GatewayOptions> = {}) => {
  const pushed: Array<PushedLines> = []
  const state: { secrets: ReadonlyArray<string>; failure: Failure | undefined; unsigned: number } = {
    secrets: [secret],
    failure: undefined,
    unsigned: 0
  }
  const gateway = testGateway({
    edge: {
      topic: Topic.make("events"),
      secrets: () => state.secrets,
      countUnsigned: () => {
        state.unsigned += 1
      },
      push: async (one) => {
        if (state.failure !== undefined) throw state.failure
        pushed.push(one)
      }
    },
    ...more
  })

  /** Posts the message with that signature; default: a valid one. */
  const post = (
    body: Uint8Array | PushedLines,
    signature: string | null | ((body: Uint8Array) => string) = (bytes) =>
      signBody(secret, arrivedAt / 1000, bytes)
  ): Promise<Response> => {
    const bytes = body instanceof Uint8Array ? body : writePushedLines(body)
    const value = typeof signature === "function" ? signature(bytes) : signature
    const headers: Record<string, string> = value === null ? {} : { [signatureHeader]: value }
    return gateway.ask("/api/v1/edge/lines", { method: "POST", body: bytes as BodyInit, headers })
  }

  return { gateway, pushed, state, post }
}

export const failureOf = (reason: Failure["reason"]): Failure =>
  new Failure({ reason, message: "Redis at 10.1.2.3:6379 said no." })
