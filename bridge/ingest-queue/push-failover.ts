/**
 * Pushes to several queue servers: to the first that works, in the configured order. A server that fails or is full is
 * skipped for five seconds, then a single push tries it again.
 *
 * A server without a reply in time may have the lines. They are sent to the next server all the same and may then be in
 * both: duplicated rather than lost. Lines that are pushed once have an id, which decides their only server.
 */
import { Clock, Effect } from "effect"
import type { ByteString } from "../../contracts/event.ts"
import { Failure, type FailureReason } from "../../contracts/failure.ts"
import type { PushId } from "../../contracts/ids.ts"
import type { Operation } from "../outage.ts"

export type Push = (lines: ReadonlyArray<ByteString>, once?: PushId) => Effect.Effect<void, Failure>

export interface PushServer {
  /** For people; never a password. */
  readonly address: string
  /** Fails with `timeout` after the given milliseconds. Reports its failures to the outage of the server, except `busy`. */
  readonly push: (
    lines: ReadonlyArray<ByteString>,
    limit: number,
    once: PushId | undefined
  ) => Effect.Effect<void, Failure>
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

  return Effect.fnUntraced(function* (lines, once) {
    const clock = yield* Clock.Clock
    const started = clock.currentTimeMillisUnsafe()
    const failures: Array<Failure> = []
    const inOrder = once === undefined ? order(started) : [serverOf(once, servers)]
    for (const [index, server] of inOrder.entries()) {
      const left = started + pushTimeoutMs - clock.currentTimeMillisUnsafe()
      const limit = Math.max(1, left / (inOrder.length - index))
      const outcome = yield* Effect.result(server.push(lines, limit, once))
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

/**
 * The server of an id: the one with the greatest hash of id and address. So every gateway and receiver chooses the same
 * server, and another one is chosen for few ids when servers are added or removed.
 */
const serverOf = (id: PushId, servers: ReadonlyArray<PushServer>): PushServer => {
  const [first, ...others] = servers
  if (first === undefined) throw new Error("There is no queue server.")
  const weight = ({ address }: PushServer): number => hashOf(`${id} ${address}`)
  return others.reduce((best, server) => (weight(server) > weight(best) ? server : best), first)
}

/** FNV-1a, 32 bits, and a final mix: the ids of one moment differ in their last characters only. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
