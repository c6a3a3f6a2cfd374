/**
 * Pushing to several queue servers: to the first that works, in the order they are set. One that fails or is full is
 * passed over for five seconds, then a single push tries it again.
 *
 * When a server does not answer in time it may have the lines nevertheless. They go to the next server all the same,
 * so that they may stand in both: better twice than never.
 */
import { Clock, Effect } from "effect"
import type { Bytes } from "../../contracts/event.ts"
import { Failure, type FailureReason } from "../../contracts/failure.ts"

export type Push = (lines: ReadonlyArray<Bytes>) => Effect.Effect<void, Failure>

/** How long a push may take with all its tries, milliseconds: the edge must have answered within two seconds. */
const pushTime = 1700

/** How long a server that failed is passed over, milliseconds. */
const passOver = 5000

/** Fails when no server has taken the lines: with `timeout` when one may have, with `busy` when all are full, else `unavailable`. */
export const failover = (servers: ReadonlyArray<Push>): Push => {
  const resting = new Map<Push, number>()

  const order = (now: number): ReadonlyArray<Push> => {
    const later = servers.filter((server) => (resting.get(server) ?? 0) > now)
    const first = servers.filter((server) => !later.includes(server))
    const tried = first[0]
    if (tried !== undefined && resting.has(tried)) resting.set(tried, now + passOver)
    return [...first, ...later]
  }

  return Effect.fnUntraced(function* (lines) {
    const started = yield* Clock.currentTimeMillis
    const failures: Array<Failure> = []
    const inOrder = order(started)
    for (const [index, server] of inOrder.entries()) {
      const left = started + pushTime - (yield* Clock.currentTimeMillis)
      const outcome = yield* server(lines).pipe(
        Effect.timeoutOrElse({
          duration: Math.max(1, left / (inOrder.length - index)),
          orElse: () =>
            Effect.fail(new Failure({ reason: "timeout", message: "No answer to a push in time." }))
        }),
        Effect.result
      )
      if (outcome._tag === "Success") {
        resting.delete(server)
        return
      }
      resting.set(server, (yield* Clock.currentTimeMillis) + passOver)
      failures.push(outcome.failure)
    }
    return yield* new Failure({
      reason: reasonOf(failures),
      message: failures.map((failure) => failure.message).join(" ")
    })
  })
}

const reasonOf = (failures: ReadonlyArray<Failure>): FailureReason => {
  if (failures.some((failure) => failure.ambiguous)) return "timeout"
  return failures.every((failure) => failure.reason === "busy") ? "busy" : "unavailable"
}
