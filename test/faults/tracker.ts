/**
 * Another tracker: pushes lines to the list in Redis, many in one RPUSH, one push at a time. Lives from `makeTracker` to
 * `close`.
 */
import { Redis, ReplyError } from "ioredis"
import type { Fate } from "./sent.ts"

export interface Tracker {
  /** Never fails: `settle` gets the result of the line. When too many lines wait, the line is not sent: "refused". */
  readonly send: (line: Buffer, settle: (fate: Fate) => void) => void
  /** Returns when all lines are settled. */
  readonly flush: () => Promise<void>
  readonly close: () => void
}

const mostLines = 100
const mostWaiting = 2_000
const patience = 5_000

interface Waiting {
  readonly line: Buffer
  readonly settle: (fate: Fate) => void
}

/** `confirmed`: a line is acknowledged only when a replica has it. */
export const makeTracker = (url: string, key: string, confirmed = false): Tracker => {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: patience,
    retryStrategy: () => 100
  })
  redis.on("error", () => undefined)
  let waiting: Array<Waiting> = []
  let pushing: Promise<void> | undefined

  /** "refused" if there was no connection or the server returned an error: nothing was stored. */
  const fateOf = (error: unknown): Fate =>
    error instanceof ReplyError || /writeable|offline queue/.test(String(error)) ? "refused" : "unknown"

  const pushAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, mostLines)
      waiting = waiting.slice(mostLines)
      const pushed = redis.rpush(key, ...batch.map(({ line }) => line))
      // Sent directly after the push on the same connection, so it confirms this push.
      const replicas = confirmed ? redis.wait(1, patience / 2).catch(() => 0) : Promise.resolve(1)
      const fate = await pushed.then((): Fate => "acknowledged", fateOf)
      if (fate === "acknowledged" && (await replicas) < 1) {
        for (const { settle } of batch) settle("unknown")
        continue
      }
      for (const { settle } of batch) settle(fate)
      await new Promise((resolve) => setTimeout(resolve, fate === "acknowledged" ? 5 : 100))
    }
    pushing = undefined
  }

  return {
    send: (line, settle) => {
      if (waiting.length >= mostWaiting) {
        settle("refused")
        return
      }
      waiting.push({ line, settle })
      pushing ??= pushAll()
    },
    flush: async () => {
      await pushing
    },
    close: () => redis.disconnect()
  }
}
