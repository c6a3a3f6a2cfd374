/**
 * The load: simulated browsers that use the gateways, and another tracker that pushes lines to Redis, at a steady rate.
 * Each event is sent once, without retries, so that every duplicate in Kafka is caused by Spoor. Runs from `start` to
 * `stop` and records the result of each event.
 */
import { lineOf, sentEvent, wayOf } from "./events.ts"
import { type Answer, type HttpClient, httpClient } from "./http-client.ts"
import { makeSent, type Sent } from "./sent.ts"
import type { Tracker } from "./tracker.ts"

export interface LoadOptions {
  /** Events a second. */
  readonly rate: number
  /** Number of events to be acknowledged; after that the rate falls, so that a long outage does not add many more. */
  readonly events: number
  /** HTTP connections. */
  readonly connections: number
  /** The current ports of the gateways. */
  readonly gateways: () => ReadonlyArray<number>
  readonly tracker: Tracker
  /** The topic that adtekio lines name. */
  readonly otherTopic: string
}

export interface Load {
  /** Events a second. */
  readonly rate: number
  /** Number of events to be acknowledged. */
  readonly events: number
  readonly sent: Sent
  /** Number of responses by kind: a status such as "200", or "refused", "reset" or "silent". */
  readonly answers: ReadonlyMap<string, number>
  /** Maximum response time of any request, and of a 503, milliseconds. */
  readonly slowest: { readonly answer: number; readonly refusal: number }
  /** 503 answers without a Retry-After. */
  readonly refusalsWithoutRetryAfter: () => number
  readonly start: () => void
  /** Stops sending, and returns when every request has a response or has timed out. */
  readonly stop: () => Promise<void>
  /** Sends one event over HTTP; returns its number when it is acknowledged, otherwise undefined. */
  readonly sendOne: () => Promise<number | undefined>
  /**
   * Pushes additional lines to Redis: `make` gets the event's number and must write `id=<number>` at the start of the
   * query if the line is valid. `dead`: the reason with which it must be dead-lettered.
   */
  readonly push: (count: number, make: (n: number) => Buffer, dead?: string) => Promise<void>
}

/** Time limit of a response, delay after a refusal, and interval of the rate limiter, milliseconds. */
const responseTimeoutMs = 10_000
const refusalDelayMs = 50
const tickMs = 5

export const makeLoad = (options: LoadOptions): Load => {
  const sent = makeSent()
  const answers = new Map<string, number>()
  const slowest = { answer: 0, refusal: 0 }
  let withoutRetryAfter = 0
  let isRunning = false
  let workers: ReadonlyArray<Promise<void>> = []

  let tokens = 0
  let nextTick = Promise.withResolvers<void>()
  const slowness = (): number =>
    sent.count("acknowledged") < options.events ? 1 : sent.issued() < 3 * options.events ? 4 : 20
  const refill = (): void => {
    const rate = options.rate / slowness()
    tokens = Math.min(tokens + (rate * tickMs) / 1000, Math.max(1, rate / 10))
    nextTick.resolve()
    nextTick = Promise.withResolvers()
  }

  const note = (answer: Answer, took: number): void => {
    const name = answer.kind === "status" ? String(answer.status) : answer.kind
    answers.set(name, (answers.get(name) ?? 0) + 1)
    if (answer.kind !== "status") return
    slowest.answer = Math.max(slowest.answer, took)
    if (answer.status !== 503) return
    slowest.refusal = Math.max(slowest.refusal, took)
    if (!answer.retryAfter) withoutRetryAfter += 1
  }

  /** Sends event n and settles it. True when it was acknowledged. */
  const sendHttp = async (client: HttpClient, n: number): Promise<boolean> => {
    const { path, query, address, userAgent } = sentEvent(n)
    const began = performance.now()
    const answer = await client.get(`${path}?${query}`, {
      "User-Agent": userAgent,
      "X-Forwarded-For": address
    })
    note(answer, performance.now() - began)
    const isAcknowledged = answer.kind === "status" && answer.status < 300
    if (isAcknowledged) sent.settle(n, "acknowledged")
    else sent.settle(n, answer.kind === "refused" || isPlainRefusal(answer) ? "refused" : "unknown")
    return isAcknowledged
  }

  const work = async (place: number): Promise<void> => {
    const clients = new Map<number, HttpClient>()
    let turn = place
    while (isRunning) {
      if (tokens < 1) {
        await nextTick.promise
        continue
      }
      tokens -= 1
      const n = sent.issue()
      if (wayOf(n) !== "http") {
        options.tracker.send(lineOf(sentEvent(n), options.otherTopic), (fate) => sent.settle(n, fate))
        continue
      }
      const ports = options.gateways()
      const port = ports[turn % ports.length] ?? 0
      const client = clients.get(port) ?? httpClient(port, responseTimeoutMs)
      clients.set(port, client)
      if (await sendHttp(client, n)) continue
      turn += 1
      await new Promise((resolve) => setTimeout(resolve, refusalDelayMs))
    }
    for (const client of clients.values()) client.close()
  }

  let timer: ReturnType<typeof setInterval> | undefined
  return {
    rate: options.rate,
    events: options.events,
    sent,
    answers,
    slowest,
    refusalsWithoutRetryAfter: () => withoutRetryAfter,
    start: () => {
      isRunning = true
      timer = setInterval(refill, tickMs)
      workers = Array.from({ length: options.connections }, (_, place) => work(place))
    },
    stop: async () => {
      isRunning = false
      clearInterval(timer)
      nextTick.resolve()
      await Promise.all(workers)
      await options.tracker.flush()
    },
    sendOne: async () => {
      let n = sent.issue()
      while (wayOf(n) !== "http") {
        sent.settle(n, "refused")
        n = sent.issue()
      }
      const client = httpClient(options.gateways()[0] ?? 0, responseTimeoutMs)
      const isAcknowledged = await sendHttp(client, n)
      client.close()
      return isAcknowledged ? n : undefined
    },
    push: async (count, make, dead) => {
      for (let i = 0; i < count; i++) {
        const n = sent.issue()
        const line = make(n)
        sent.extra.set(n, { line, dead })
        options.tracker.send(line, (fate) => sent.settle(n, fate))
      }
      await options.tracker.flush()
    }
  }
}

/** A 4xx: the gateway rejected the request. After a 503 the event may be stored: the response to its push may be lost. */
const isPlainRefusal = (answer: Answer): boolean =>
  answer.kind === "status" && answer.status >= 400 && answer.status < 500
