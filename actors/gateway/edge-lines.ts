/**
 * Adapts pushes of edges to the gateway's app: the secrets of the moment, and a limit of pushes in flight. Lives as long as
 * the gateway.
 */
import { Effect } from "effect"
import { Failure } from "../../contracts/failure.ts"
import type { PushedLines } from "../../contracts/messages/pushed-lines.ts"
import type { EdgeOptions } from "../../gateway/edge/lines.ts"
import { edgeSecret, secretsIn } from "../../gateway/edge/settings.ts"
import { replaceableSecret } from "../runtime/replaceable-secret.ts"
import { readTopics, topicSettings } from "../transform/topics.ts"

/** The settings that `makeEdgeLines` reads. */
export const edgeLinesSettings = [edgeSecret, ...topicSettings]

/**
 * Undefined while EDGE_SECRET is not set, which only a restart changes. At most `maxPushes` pushes are in flight; more are
 * refused with `busy`.
 */
export const makeEdgeLines = Effect.fnUntraced(function* (
  push: EdgeOptions["push"],
  maxPushes: number,
  countUnsigned: () => void
) {
  const { value } = yield* replaceableSecret(edgeSecret)
  if (value() === undefined) return undefined
  const { standard } = yield* readTopics
  let inFlight = 0
  return {
    topic: standard,
    secrets: () => secretsIn(value() ?? ""),
    countUnsigned,
    push: async (pushed: PushedLines) => {
      if (inFlight >= maxPushes)
        throw new Failure({ reason: "busy", message: "Too many pushes of edges are in flight." })
      inFlight += 1
      try {
        await push(pushed)
      } finally {
        inFlight -= 1
      }
    }
  } satisfies EdgeOptions
})
