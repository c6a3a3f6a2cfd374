/** A gateway as a process of its own on one Redis, and events sent to it over HTTP, each remembered with its answer. */
import { expect } from "bun:test"
import { Redis } from "ioredis"
import { eventually } from "./eventually.ts"
import { type Environment, ownSettings, type Spoor, startSpoor } from "./spoor.ts"

export interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  /** The code in an answer that is a "no". */
  readonly error: string | undefined
  /** Milliseconds. */
  readonly took: number
}

export interface Edge {
  readonly spoor: Spoor
  /** Sends one event and waits for its answer. */
  readonly send: () => Promise<Answer>
  /** How many events were answered with 200 so far. */
  readonly acknowledged: () => number
  /** Waits until events are refused, sends some more, and sees that each is told 503 and when to come again, in time. */
  readonly refuses: () => Promise<ReadonlyArray<Answer>>
  /** Waits until events are taken again. */
  readonly takes: () => Promise<void>
  /** Sees that every event that was answered with 200 is in the queue, there or on another Redis. */
  readonly hasAll: (where?: Redis) => Promise<void>
  /** A client of the test's own to the same Redis. */
  readonly redis: Redis
  readonly stop: () => Promise<void>
}

/** Within so many milliseconds everybody has an answer: the promise itself. */
export const promisedTime = 2000

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
    const begun = performance.now()
    const response = await fetch(new URL(`/t/event?n=${number}`, spoor.address("send events")))
    const body: { readonly error?: string } = await response.json()
    const took = performance.now() - begun
    if (response.status === 200) acknowledged.add(number)
    return {
      status: response.status,
      retryAfter: response.headers.get("retry-after"),
      error: body.error,
      took
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
      expect(new Set(answers.map(({ status, retryAfter }) => `${status}, again in ${retryAfter} s`))).toEqual(
        new Set(["503, again in 1 s"])
      )
      expect(Math.max(...answers.map(({ took }) => took))).toBeLessThan(promisedTime)
      return answers
    },
    takes: async () => {
      await eventually("an event is taken", async () => (await send()).status === 200)
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
