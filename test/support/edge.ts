/** A gateway process on one Redis, and a client that sends events over HTTP and records each response. */
import { expect } from "bun:test"
import { Redis } from "ioredis"
import { eventually } from "./eventually.ts"
import { type Environment, ownSettings, type Spoor, startSpoor } from "./spoor.ts"

export interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  /** The code of an error response. */
  readonly error: string | undefined
  /** Response time, milliseconds. */
  readonly tookMs: number
}

export interface Edge {
  readonly spoor: Spoor
  /** Sends one event and waits for its response. */
  readonly send: () => Promise<Answer>
  /** The number of events answered with 200 so far. */
  readonly acknowledged: () => number
  /** Waits until events are refused, then checks that more events get 503 with Retry-After within `maxResponseMs`. */
  readonly refuses: () => Promise<ReadonlyArray<Answer>>
  /** Waits until events are accepted again. */
  readonly takes: () => Promise<void>
  /** Checks that every event answered with 200 is in the queue, on this or another Redis. */
  readonly hasAll: (where?: Redis) => Promise<void>
  /** A client of the test for the same Redis. */
  readonly redis: Redis
  readonly stop: () => Promise<void>
}

/** The promised maximum response time, milliseconds. */
export const maxResponseMs = 2000

/** Starts a gateway on that Redis. */
export const startEdge = async (url: string, more: Environment = {}): Promise<Edge> => {
  const spoor = await startSpoor(["gateway"], ownSettings({ REDIS_URL: url, ...more }))
  const redis = new Redis(url, {
    retryStrategy: () => 50,
    maxRetriesPerRequest: null,
    enableReadyCheck: false
  })
  redis.on("error", () => {})
  const acknowledged = new Set<string>()
  let sent = 0

  const send = async (): Promise<Answer> => {
    const number = String(sent++)
    const startedAt = performance.now()
    const response = await fetch(new URL(`/t/event?n=${number}`, spoor.address("send events")))
    const body: { readonly error?: string } = await response.json()
    const tookMs = performance.now() - startedAt
    if (response.status === 200) acknowledged.add(number)
    return {
      status: response.status,
      retryAfter: response.headers.get("retry-after"),
      error: body.error,
      tookMs
    }
  }

  const numbersOn = async (where: Redis): Promise<ReadonlySet<string>> =>
    new Set((await where.lrange("click_queue", 0, -1)).map((line) => / n=(\d+) /.exec(line)?.[1] ?? line))

  return {
    spoor,
    redis,
    send,
    acknowledged: () => acknowledged.size,
    refuses: async () => {
      const first = await eventually("an event is refused", async () => {
        const answer = await send()
        return answer.status === 200 ? undefined : answer
      })
      const more = await Promise.all(Array.from({ length: 20 }, send))
      const last = await send()
      const answers = [first, ...more, last]
      expect(
        new Set(answers.map(({ status, retryAfter }) => `${status}, retry after ${retryAfter} s`))
      ).toEqual(new Set(["503, retry after 1 s"]))
      expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBeLessThan(maxResponseMs)
      return answers
    },
    takes: async () => {
      await eventually("an event is accepted", async () => (await send()).status === 200)
    },
    hasAll: async (where = redis) => {
      const kept = await numbersOn(where)
      expect(Array.from(acknowledged).filter((number) => !kept.has(number))).toEqual([])
    },
    stop: async () => {
      redis.disconnect()
      await spoor.end("SIGKILL")
    }
  }
}
