/** The store of the edge as a Worker sees it: one of several Durable Objects, called for each request. Keeps no state. */
import type { DurableObjectNamespace } from "cloudflare:workers"
import { Failure } from "../../contracts/failure.ts"
import type { EdgeObjectMethods } from "./edge-object.ts"
import type { EdgeFigures, EdgeStore } from "./service.ts"

/** A request goes to any of the `shards` objects; salts are kept by the first. */
export const objectStore = (
  namespace: DurableObjectNamespace<EdgeObjectMethods>,
  shards: number
): EdgeStore => {
  const object = (shard: number): EdgeObjectMethods => namespace.get(namespace.idFromName(`edge-${shard}`))

  return {
    push: async (lines) => {
      try {
        const failures = await object(Math.floor(Math.random() * shards)).push(lines)
        return failures.map((failure) => (failure === undefined ? undefined : new Failure(failure)))
      } catch (cause) {
        const failure = unavailable(cause)
        return lines.map(() => failure)
      }
    },
    salt: (day, proposed) =>
      object(0)
        .salt(day, proposed)
        .catch((cause: unknown) => {
          throw unavailable(cause)
        }),
    figures: async () => {
      const all = await Promise.all(Array.from({ length: shards }, (_, shard) => object(shard).figures()))
      return all.reduce(together)
    }
  }
}

const together = (one: EdgeFigures, other: EdgeFigures): EdgeFigures => ({
  lines: one.lines + other.lines,
  bytes: one.bytes + other.bytes,
  oldestMs: Math.max(one.oldestMs, other.oldestMs),
  delivered: one.delivered + other.delivered,
  failures: one.failures + other.failures,
  problem: one.problem ?? other.problem
})

const unavailable = (cause: unknown): Failure =>
  new Failure({
    reason: "unavailable",
    message: `The Durable Object does not answer: ${cause instanceof Error ? cause.message : String(cause)}`
  })
