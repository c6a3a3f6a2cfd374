/**
 * Pushes to several queue servers: to the first that works, in the configured order. A server that fails or is full is
 * skipped for five seconds, then a single push tries it again.
 *
 * A server without a reply in time may have the lines. They are sent to the next server all the same and may then be in
 * both: duplicated rather than lost.
 */
import { Clock, Effect } from "effect"
import type { ByteString } from "../../contracts/event.ts"
import { Failure, type FailureReason } from "../../contracts/failure.ts"
import type { Operation } from "../outage.ts"

export type Push = (lines: ReadonlyArray<ByteString>) => Effect.Effect<void, Failure>

export interface PushServer {
  /** For people; never a password. */
  readonly address: string
  /** Fails with `timeout` after the given milliseconds. Reports its failures to the outage of the server, except `busy`. */
  readonly push: (lines: ReadonlyArray<ByteString>, limit: number) => Effect.Effect<void, Failure>
  /** Pushing to a queue with room: a full queue is logged as an outage of its own. */
  readonly full?: Operation
}

/** Timeout of a push with all its attempts: the edge must respond within two seconds. */
const pushTimeoutMs = 1700

/** How long a server that failed is skipped, milliseconds. */
const skipMs = 5000

/** Fails when no server accepted the lines: `timeout` when one may have them, `busy` when all are full, else `unavailable`. */
export const failover = (servers: ReadonlyArray<PushServer>): Push => {
  const skippedUntil = new Map<PushServer, number>()

  const order = (now: number): ReadonlyArray<PushServer> => {
    const later = servers.filter((server) => (skippedUntil.get(server) ?? 0) > now)
    const first = servers.filter((server) => !later.includes(server))
    const tried = first[0]
    if (tried !== undefined && skippedUntil.has(tried)) skippedUntil.set(tried, now + skipMs)
    return [...first, ...later]
  }

  const failed = (server: PushServer, { reason, message }: Failure, now: number): void => {
    skippedUntil.set(server, now + skipMs)
    if (reason === "busy") server.full?.failed(message, { begins: "" })
  }

  const succeeded = (server: PushServer): void => {
    skippedUntil.delete(server)
    server.full?.worked()
  }

  return Effect.fnUntraced(function* (lines) {
    const clock = yield* Clock.Clock
    const started = clock.currentTimeMillisUnsafe()
    const failures: Array<Failure> = []
    const inOrder = order(started)
    for (const [index, server] of inOrder.entries()) {
      const left = started + pushTimeoutMs - clock.currentTimeMillisUnsafe()
      const limit = Math.max(1, left / (inOrder.length - index))
      const outcome = yield* Effect.result(server.push(lines, limit))
      if (outcome._tag === "Success") return succeeded(server)
      failed(server, outcome.failure, clock.currentTimeMillisUnsafe())
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
