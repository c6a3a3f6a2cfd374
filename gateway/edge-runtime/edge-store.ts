/**
 * Keeps the lines of a gateway at the edge until they are where EDGE_ACK says: lines of concurrent requests travel together
 * to the centre's queue, or into the store of the edge, which is forwarded in order. Lives in a Durable Object or in the
 * Deno process.
 */
import type { EdgeCentre } from "../../bridge/edge-centre/service.ts"
import type { ByteString } from "../../contracts/event.ts"
import { Failure } from "../../contracts/failure.ts"
import { newPushId, type PushedLines } from "../../contracts/messages/pushed-lines.ts"
import { PushBatcher, standardPushLimits } from "../push-batcher.ts"
import type { WriteLog } from "./edge-log.ts"
import type { EdgeStore, LineStore } from "./service.ts"

/** Limits of one push to the centre: far under the size of a message. */
export const maxPushLines = 1_000
export const maxPushBytes = 256 * 1024

export interface EdgeStoreOptions {
  readonly ack: "centre" | "edge"
  readonly centre: EdgeCentre
  readonly store: LineStore
  /** With `ack` "centre": the time for one push with its retries, milliseconds. */
  readonly pushTimeoutMs: number
  /** Called when lines were stored: `forward` must run soon. Resolves when that is certain. */
  readonly wake: () => Promise<void>
  readonly log: WriteLog
}

export interface ForwardingStore extends EdgeStore {
  /**
   * Pushes stored lines to the centre, oldest first, until none are left (undefined), or a push fails, or a minute has
   * passed: the time until the next run, milliseconds. One run at a time.
   */
  readonly forward: () => Promise<number | undefined>
}

/** The time for one attempt to forward, and between attempts, milliseconds. */
const attemptTimeoutMs = 10_000
const firstDelayMs = 500
const maxDelayMs = 30_000

/** The time after which a run of `forward` ends: a platform stops an alarm that runs for many minutes. */
const maxRunMs = 60_000

export const edgeStore = ({
  ack,
  centre,
  store,
  pushTimeoutMs,
  wake,
  log
}: EdgeStoreOptions): ForwardingStore => {
  let delivered = 0
  let failures = 0
  let problem: string | undefined
  let delayMs = firstDelayMs

  /** One attempt; counted, and logged when the centre goes away and when it is back. */
  const attempt = async (pushed: PushedLines, timeoutMs: number): Promise<void> => {
    try {
      await centre.push(pushed, timeoutMs)
    } catch (cause) {
      failures += 1
      const message = cause instanceof Failure ? cause.message : String(cause)
      if (problem === undefined) log("WARN", `The centre takes no lines: ${message}`)
      problem = message
      throw cause
    }
    delivered += pushed.lines.length
    if (problem !== undefined) log("INFO", "The centre takes lines again.")
    problem = undefined
  }

  const toCentre = async (lines: ReadonlyArray<ByteString>): Promise<void> => {
    const pushed = { id: newPushId(), lines }
    const deadline = Date.now() + pushTimeoutMs
    for (let pauseMs = 100; ; pauseMs *= 2) {
      try {
        return await attempt(pushed, Math.max(1, deadline - Date.now()))
      } catch (cause) {
        const canRetry = cause instanceof Failure && cause.retry && Date.now() + pauseMs < deadline
        if (!canRetry) throw cause
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
    }
  }

  const toStore = async (lines: ReadonlyArray<ByteString>): Promise<void> => {
    await store.append(lines)
    await wake()
  }

  const batcher = new PushBatcher(ack === "centre" ? toCentre : toStore, {
    ...standardPushLimits,
    maxBatchLines: maxPushLines,
    maxBatchBytes: maxPushBytes
  })

  return {
    push: async (lines) => {
      const results = await Promise.allSettled(lines.map((line) => batcher.add(line)))
      return results.map((result) => (result.status === "fulfilled" ? undefined : asFailure(result.reason)))
    },
    salt: store.salt,
    figures: async () => ({ ...(await store.size()), delivered, failures, problem }),
    forward: async () => {
      const end = Date.now() + maxRunMs
      for (;;) {
        try {
          if (Date.now() > end) return 0
          const next = await store.next()
          if (next === undefined) return undefined
          await attempt(next, attemptTimeoutMs)
          await store.settle(next)
          delayMs = firstDelayMs
        } catch (cause) {
          if (!(cause instanceof Failure)) log("WARN", `Stored lines cannot be forwarded: ${String(cause)}`)
          const now = delayMs
          delayMs = Math.min(maxDelayMs, delayMs * 2)
          return now * (0.75 + Math.random() / 2)
        }
      }
    }
  }
}

const asFailure = (cause: unknown): Failure =>
  cause instanceof Failure ? cause : new Failure({ reason: "unavailable", message: String(cause) })
