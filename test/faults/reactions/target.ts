/**
 * A target of rules: an HTTP server that remembers each call by its `webhook-id`, and can hang, fail, refuse connections or
 * be slow. What it has seen outlives all of that, as in a receiver with a database. Listens from `startTarget` until `close`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { freePort } from "../../support/server.ts"

/**
 * What the target does with a call: answers 200, never answers, refuses connections (open ones are reset), answers 200
 * after some milliseconds, or answers with another status.
 */
export type TargetMode =
  | "answers"
  | "hangs"
  | "refuses"
  | { readonly slowMs: number }
  | { readonly status: number; readonly retryAfter?: string }

/** The calls of one delivery. */
export interface SeenDelivery {
  /** Calls that arrived, whatever was answered. */
  calls: number
  /** Calls that were answered with 200. */
  accepted: number
  /** When the first call arrived that was answered with 200, ms since 1970; undefined before. */
  acceptedAt: number | undefined
  /** Path and body of the last call. */
  path: string
  body: string
}

export interface Target {
  readonly name: string
  readonly origin: string
  /** By `webhook-id`. */
  readonly seen: ReadonlyMap<string, SeenDelivery>
  /** Since the start: calls that arrived, and those that got no answer because the target hung. */
  readonly counts: { readonly calls: number; readonly unanswered: number }
  /** Calls without an id, or with another path or body than earlier ones of their id, as sentences. */
  readonly wrong: ReadonlyArray<string>
  /** Changes what the target does. Calls that hang stay without an answer, also afterwards. */
  readonly become: (mode: TargetMode) => Promise<void>
  readonly close: () => Promise<void>
}

/** The interval of attempts to listen on the port again, ms. */
const relistenMs = 20

export const startTarget = async (name: string): Promise<Target> => {
  const port = await freePort()
  const seen = new Map<string, SeenDelivery>()
  const counts = { calls: 0, unanswered: 0 }
  const wrong: Array<string> = []
  let mode: TargetMode = "answers"
  let server: Server | undefined

  /** Notes the call; returns what is known of its delivery. */
  const note = (request: IncomingMessage, body: string): SeenDelivery => {
    counts.calls += 1
    const id = String(request.headers["webhook-id"] ?? "")
    const path = request.url ?? ""
    const known = seen.get(id)
    if (id === "") wrong.push(`a call of ${path} has no webhook-id`)
    if (known !== undefined && (known.path !== path || known.body !== body))
      wrong.push(`${id} called ${path} with ${body}, and ${known.path} with ${known.body} before`)
    const delivery = known ?? { calls: 0, accepted: 0, acceptedAt: undefined, path, body }
    delivery.calls += 1
    seen.set(id, delivery)
    return delivery
  }

  const answer = (arrived: number, delivery: SeenDelivery, response: ServerResponse): void => {
    if (mode === "hangs" || mode === "refuses") {
      counts.unanswered += 1
      return
    }
    if (typeof mode === "object" && "status" in mode) {
      const { status, retryAfter } = mode
      response.writeHead(status, retryAfter === undefined ? {} : { "retry-after": retryAfter }).end("no")
      return
    }
    const accept = (): void => {
      delivery.accepted += 1
      delivery.acceptedAt ??= arrived
      response.writeHead(200, { "content-type": "application/json" }).end('{"ok":true}')
    }
    if (mode === "answers") accept()
    else setTimeout(accept, mode.slowMs)
  }

  const listen = async (): Promise<void> => {
    for (;;) {
      const one = createServer((request, response) => {
        const arrived = Date.now()
        const parts: Array<Buffer> = []
        request.on("data", (part: Buffer) => parts.push(part))
        request.on("end", () => answer(arrived, note(request, Buffer.concat(parts).toString()), response))
        response.on("error", () => undefined)
      })
      one.keepAliveTimeout = 60_000
      const isListening = await new Promise<boolean>((resolve) => {
        one.once("error", () => resolve(false))
        one.listen(port, "127.0.0.1", () => resolve(true))
      })
      if (isListening) {
        server = one
        return
      }
      await new Promise((resolve) => setTimeout(resolve, relistenMs))
    }
  }

  const end = async (): Promise<void> => {
    const ended = server
    server = undefined
    if (ended === undefined) return
    const closed = new Promise<void>((resolve) => ended.close(() => resolve()))
    ended.closeAllConnections()
    await closed
  }

  await listen()
  return {
    name,
    origin: `http://127.0.0.1:${port}`,
    seen,
    counts,
    wrong,
    become: async (next) => {
      mode = next
      if (next === "refuses") await end()
      else if (server === undefined) await listen()
    },
    close: end
  }
}

/** Number of calls that were answered with 200 beyond the first of a delivery. */
export const duplicatesAt = (target: Target): number =>
  [...target.seen.values()].reduce((sum, { accepted }) => sum + Math.max(0, accepted - 1), 0)

/** For events that the log stored between two moments: how long after that their call was accepted, ms, in ascending order. */
export const delays = (target: Target, [from, to]: readonly [number, number]): ReadonlyArray<number> =>
  [...target.seen.values()]
    .flatMap(({ acceptedAt, body }) => {
      const stored = Number((JSON.parse(body) as { readonly at: string }).at)
      return acceptedAt === undefined || stored < from || stored > to ? [] : [acceptedAt - stored]
    })
    .toSorted((a, b) => a - b)

/** The value below which that percentage of the ascending numbers is; 0 for none. */
export const percentile = (ascending: ReadonlyArray<number>, percent: number): number =>
  ascending[Math.min(ascending.length - 1, Math.floor((ascending.length * percent) / 100))] ?? 0
