/**
 * Keeps the lines of a gateway at the edge until they are where EDGE_ACK says: lines of concurrent requests travel together
 * to the centre's queue, or into the store of the edge, which is forwarded in order. Lives in a Durable Object or in the
 * Deno process.
 */
import type { EdgeCentre } from "../../bridge/edge-centre/service.ts"
import type { ByteString } from "../../contracts/event.ts"
import { Failure } from "../../contracts/failure.ts"
import type { Topic } from "../../contracts/ids.ts"
import { newPushId, type PushedLines } from "../../contracts/messages/pushed-lines.ts"
import { PushBatcher, standardPushLimits } from "../push-batcher.ts"
import type { WriteLog } from "./edge-log.ts"
import { maxLineBytes, maxPushBytes, maxPushLines } from "./push-limits.ts"
import type { EdgeStore, LineStore } from "./service.ts"

export interface EdgeStoreOptions {
  readonly ack: "centre" | "edge"
  readonly centre: EdgeCentre
  readonly store: LineStore
  /** The default topic of the edge, where it is set: a centre with another one refuses the lines. */
  readonly defaultTopic: Topic | undefined
  /** With `ack` "centre": the time for one push with its retries, milliseconds. */
  readonly pushTimeoutMs: number
  /** Called when lines were stored: `forward` must run soon. Resolves when that is certain. */
  readonly wake: () => Promise<void>
  readonly log: WriteLog
}

export interface ForwardingStore extends EdgeStore {
  /**
   * Pushes stored lines to the centre, oldest first, until none are left (undefined), or a push fails, or the run is
   * long enough: the time until the next run, milliseconds. One run at a time.
   */
  readonly forward: () => Promise<number | undefined>
}

/** The time for one attempt to forward, and between attempts, milliseconds. */
const attemptTimeoutMs = 10_000
const firstDelayMs = 500
const maxDelayMs = 30_000

/** The time after which a run of `forward` ends: a platform stops an alarm that runs for many minutes. */
const maxRunMs = 60_000

/** Pushes in one run of `forward`: platforms limit the requests of one invocation. */
const maxRunPushes = 40

/** Pushes to the centre, counted, and logged when the centre goes away and when it is back. */
class CentrePushes {
  delivered = 0
  failures = 0
  problem: string | undefined
  private readonly centre: EdgeCentre
  private readonly defaultTopic: Topic | undefined
  private readonly log: WriteLog

  constructor({ centre, defaultTopic, log }: EdgeStoreOptions) {
    this.centre = centre
    this.defaultTopic = defaultTopic
    this.log = log
  }

  /** One attempt. Rejects with the centre's failure. */
  async attempt(pushed: PushedLines, timeoutMs: number): Promise<void> {
    try {
      const { defaultTopic } = this
      await this.centre.push(defaultTopic === undefined ? pushed : { ...pushed, defaultTopic }, timeoutMs)
    } catch (cause) {
      this.failures += 1
      const message = asFailure(cause).message
      if (this.problem === undefined) this.log("WARN", `The centre takes no lines: ${message}`)
      this.problem = message
      throw cause
    }
    this.delivered += pushed.lines.length
    if (this.problem !== undefined) this.log("INFO", "The centre takes lines again.")
    this.problem = undefined
  }

  /** Attempts under one id until one succeeds, a retry cannot help, or the time is over. */
  async untilDone(pushed: PushedLines, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs
    for (let pauseMs = 100; ; pauseMs *= 2) {
      try {
        return await this.attempt(pushed, Math.max(1, deadline - Date.now()))
      } catch (cause) {
        if (!asFailure(cause).retry || Date.now() + pauseMs >= deadline) throw notOfTheEvents(cause)
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
    }
  }
}

export const edgeStore = (options: EdgeStoreOptions): ForwardingStore => {
  const { ack, store, pushTimeoutMs, wake, log } = options
  const pushes = new CentrePushes(options)
  let delayMs = firstDelayMs

  const toCentre = (lines: ReadonlyArray<ByteString>): Promise<void> =>
    pushes.untilDone({ id: newPushId(), lines }, pushTimeoutMs)

  let isStoring = true
  const storing = async (append: () => Promise<void>): Promise<void> => {
    try {
      await append()
      isStoring = true
    } catch (cause) {
      if (isStoring) log("WARN", `Events are answered 503: ${asFailure(cause).message}`)
      isStoring = false
      throw cause
    }
  }

  const toStore = async (lines: ReadonlyArray<ByteString>): Promise<void> => {
    await storing(() => store.append(lines))
    await wake()
  }

  const batcher = new PushBatcher(ack === "centre" ? toCentre : toStore, {
    ...standardPushLimits,
    maxBatchLines: maxPushLines,
    maxBatchBytes: maxPushBytes
  })

  const forwardAll = async (): Promise<number | undefined> => {
    const end = Date.now() + maxRunMs
    for (let count = 0; count < maxRunPushes && Date.now() <= end; count++) {
      const next = await store.next()
      if (next === undefined) return undefined
      await pushes.attempt(next, attemptTimeoutMs)
      await store.settle(next)
      delayMs = firstDelayMs
    }
    return 0
  }

  return {
    push: async (lines) => {
      const results = await Promise.allSettled(
        lines.map((line) => (line.length > maxLineBytes ? Promise.reject(lineTooLarge) : batcher.add(line)))
      )
      return results.map((result) => (result.status === "fulfilled" ? undefined : asFailure(result.reason)))
    },
    salt: (day, proposed) => store.salt(day, proposed),
    figures: async () => {
      const { delivered, failures, problem } = pushes
      return { ...(await store.size()), delivered, failures, problem }
    },
    forward: async () => {
      try {
        return await forwardAll()
      } catch (cause) {
        if (!(cause instanceof Failure)) log("WARN", `Stored lines cannot be forwarded: ${String(cause)}`)
        const waitMs = delayMs * (0.75 + Math.random() / 2)
        delayMs = Math.min(maxDelayMs, delayMs * 2)
        return waitMs
      }
    }
  }
}

const lineTooLarge = new Failure({ reason: "too-large", message: `A line exceeds ${maxLineBytes} bytes.` })

/** A push that the centre refuses is no fault of the clients whose events are in it: they may repeat them. */
const notOfTheEvents = (cause: unknown): Failure => {
  const failure = asFailure(cause)
  return failure.retry ? failure : new Failure({ reason: "unavailable", message: failure.message })
}

const asFailure = (cause: unknown): Failure =>
  cause instanceof Failure ? cause : new Failure({ reason: "unavailable", message: String(cause) })
