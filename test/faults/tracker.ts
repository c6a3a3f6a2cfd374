/**
 * A foreign tracker: pushes lines straight to the list in Redis, many in one RPUSH, one push at a time. Lives from
 * `makeTracker` to `close`.
 */
import { Redis, ReplyError } from "ioredis"
import type { Fate } from "./sent.ts"

export interface Tracker {
  /** Never fails: `settle` is told what became of the line. A line that finds too many waiting is not sent: "refused". */
  readonly send: (line: Buffer, settle: (fate: Fate) => void) => void
  /** Returns when everything sent has been settled. */
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

/** `confirmed`: a line counts as acknowledged only when a replica has it. */
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

  /** Nothing was done when there was no connection, or when the server said no. */
  const fateOf = (error: unknown): Fate =>
    error instanceof ReplyError || /writeable|offline queue/.test(String(error)) ? "refused" : "unknown"

  const pushAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, mostLines)
      waiting = waiting.slice(mostLines)
      const pushed = redis.rpush(key, ...batch.map(({ line }) => line))
      // Sent right behind it, on the same connection: it speaks for that alone.
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
