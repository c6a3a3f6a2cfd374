/**
 * Constant load on a pipeline, and the checks afterwards. Each event has a number of its own; it is pushed to Redis, as a
 * tracker does, or sent to one of the gateways. The load runs from `startLoad` until `stop`.
 */
import { expect } from "bun:test"
import { type Answer, type HttpClient, httpClient } from "../faults/http-client.ts"
import type { Cluster } from "../support/cluster.ts"
import { eventually } from "../support/eventually.ts"

export interface LoadOptions {
  /** Ports of the gateways that a load balancer would open a connection to at this moment. */
  readonly gateways?: () => ReadonlyArray<number>
  /** The number of clients that keep their connection alive, and of those that open one per request. */
  readonly keepAlive?: number
  readonly fresh?: number
  /** Where lines are pushed, and how many per push. */
  readonly tracker?: { readonly cluster: Cluster; readonly lines: number }
}

export interface Load {
  /** The numbers of all events that Redis or a gateway has accepted, in order. */
  readonly accepted: () => ReadonlyArray<number>
  /** The number of requests by outcome: a status, `refused` (nothing was sent), `reset`, `silent`. */
  readonly answers: Readonly<Record<string, number>>
  /** Waits until this many more events have been accepted. */
  readonly accepts: (events: number) => Promise<void>
  readonly stop: () => Promise<void>
}

/** The pauses of a tracker between two pushes, and of a client between two requests or after a failed one, milliseconds. */
const pushIntervalMs = 10
const requestIntervalMs = 1
const failurePauseMs = 10

/** How long a client waits for the answer, milliseconds. */
const answerTimeoutMs = 10_000

export const startLoad = ({ gateways, keepAlive = 0, fresh = 0, tracker }: LoadOptions): Load => {
  const accepted = new Set<number>()
  const answers: Record<string, number> = {}
  let next = 0
  let isOver = false

  const push = async (cluster: Cluster, lines: number): Promise<void> => {
    while (!isOver) {
      const numbers = Array.from({ length: lines }, () => next++)
      const texts = numbers.map((n) => `1.2.3.4 1795206900000 h p /t/steady n=${n} curl/8`)
      await cluster.redis.rpush(cluster.queueKey, ...texts)
      for (const n of numbers) accepted.add(n)
      await pause(pushIntervalMs)
    }
  }

  /** A connection to a gateway; undefined while none is possible. */
  const connection = (): HttpClient | undefined => {
    const ports = gateways?.() ?? []
    const port = ports[next % ports.length]
    return port === undefined ? undefined : httpClient(port, answerTimeoutMs)
  }

  const request = async (keeps: boolean): Promise<void> => {
    let client: HttpClient | undefined
    while (!isOver) {
      client ??= connection()
      const n = next++
      const answer: Answer = (await client?.get(`/t/steady?n=${n}`, {})) ?? { kind: "refused" }
      const ending = answer.kind === "status" ? String(answer.status) : answer.kind
      answers[ending] = (answers[ending] ?? 0) + 1
      if (ending === "200") accepted.add(n)
      if (ending === "200" && keeps && client?.isOpen()) {
        await pause(requestIntervalMs)
        continue
      }
      client?.close()
      client = undefined
      await pause(ending === "200" ? requestIntervalMs : failurePauseMs)
    }
    client?.close()
  }

  const running = [
    ...(tracker === undefined ? [] : [push(tracker.cluster, tracker.lines)]),
    ...Array.from({ length: keepAlive }, () => request(true)),
    ...Array.from({ length: fresh }, () => request(false))
  ]
  return {
    accepted: () => inOrder([...accepted]),
    answers,
    accepts: async (events) => {
      const enough = accepted.size + events
      await eventually(`${events} more events are accepted`, () => accepted.size >= enough)
    },
    stop: async () => {
      isOver = true
      await Promise.all(running)
    }
  }
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

const inOrder = (numbers: Array<number>): ReadonlyArray<number> => numbers.sort((a, b) => a - b)

/** The numbers of events in these lines or records, in order, with duplicates. */
export const numbersIn = (texts: ReadonlyArray<string>): ReadonlyArray<number> =>
  inOrder(texts.map((text) => Number(/ n=(\d+)/.exec(text)?.[1])))

/** Waits until the queue is empty: no line waits and none is in flight. */
export const drained = async (cluster: Cluster): Promise<void> => {
  await eventually("the queue is empty", async () => {
    const { waiting, claimed } = await cluster.depth()
    return waiting === 0 && claimed === 0
  })
}

/** Waits until the queue is empty; then checks that Kafka has each accepted event exactly once and nothing else, and that no event is dead. */
export const expectEachOnce = async (cluster: Cluster, load: Load): Promise<void> => {
  await drained(cluster)
  const stored = cluster.read(cluster.topic).map(({ value }) => value.toString())
  expect(numbersIn(stored)).toEqual(load.accepted())
  expect((await cluster.depth()).deadLetters).toBe(0)
}
