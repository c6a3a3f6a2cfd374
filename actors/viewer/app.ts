/**
 * The viewer's web side: one Elysia app of plain web-standard handlers for the page and its data, and the socket of
 * the live list. Keeps nothing itself.
 */
import { Elysia } from "elysia"
import type { Operation } from "../../gateway/app.ts"
import { refuse, refuseFailed } from "../../gateway/errors.ts"
import { hostOf } from "../../gateway/host.ts"
import type { Client, SocketHandlers } from "../../gateway/serve.ts"
import { targetOf } from "../../gateway/target.ts"
import type { IsAllowed } from "./basic-auth.ts"
import type { LiveFeed } from "./live-feed.ts"
import { liveSocket } from "./live-socket.ts"
import { counterPage, type PageFile, pageFiles } from "./page-files.ts"
import { isLoopback } from "./settings.ts"

/** A consumer whose tables can be looked at. */
export interface Counter {
  readonly name: string
  readonly title: string
  readonly tables: ReadonlyArray<string>
}

/** One line of a table; its names are the columns, in order. */
export type TableRow = Readonly<Record<string, string | number>>

export interface ViewerOptions {
  readonly feed: LiveFeed
  readonly counters: ReadonlyArray<Counter>
  /** The rows of each of a counter's tables, by the table's name. */
  readonly tables: (counter: string) => Promise<Readonly<Record<string, ReadonlyArray<TableRow>>>>
  /** Anything that tells how the pipeline is, as JSON. */
  readonly status: () => Promise<unknown>
  /** Undefined lets in everybody, but only under names of this machine. */
  readonly auth: IsAllowed | undefined
  /** What stands at `/health/live`, `/health/ready` and `/metrics`, for everybody. */
  readonly operations: { readonly live: Operation; readonly ready: Operation; readonly metrics: Operation }
}

export interface ViewerApp {
  readonly fetch: (request: Request, client: Client) => Response | Promise<Response>
  readonly socket: SocketHandlers
}

/** Scripts and styles of our own only: everything shown was written by anyone. */
export const securityHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer"
}

export const viewerApp = (options: ViewerOptions): ViewerApp => {
  const { feed, counters, tables, status, auth, operations } = options
  const counterNamed = (name: string): Counter | undefined => counters.find((one) => one.name === name)

  const app = new Elysia({ handler: { standardHostname: false } })
    .onError(({ code, error }) => (code === "NOT_FOUND" ? nothing() : refuseFailed(error)))
    .get("/health/live", () => operations.live())
    .get("/health/ready", () => operations.ready())
    .get("/metrics", () => operations.metrics())
    .get("/api/counters", () => json(counters))
    .get("/api/counters/:name", async ({ params }) => {
      const counter = counterNamed(params.name)
      return counter === undefined ? nothing() : json({ ...counter, rows: await tables(counter.name) })
    })
    .get("/api/status", async () => json(await status()))
    .get("/counters/:name", ({ params }) =>
      counterNamed(params.name) === undefined ? nothing() : page(counterFile)
    )
  const counterFile = counterPage()
  for (const [path, file] of pageFiles()) app.get(path, () => page(file))
  app.compile()

  const answer = (request: Request, client: Client): Response | Promise<Response> => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return refuse("method-not-allowed", "There is nothing to change here.", { allow: "GET, HEAD" })
    }
    const host = hostOf(request.headers.get("host"))
    if (host === undefined || host === "") return refuse("bad-request", "The Host header names no host.")
    const { path } = targetOf(request.url)
    if (forEverybody.has(path)) return app.fetch(request)
    if (auth === undefined && !isLoopback(host)) {
      return refuse("unauthorized", "Without a password the viewer answers to names of this machine alone.")
    }
    if (auth !== undefined && !auth(request)) return refuse("unauthorized", "Log in to look.", askToLogIn)
    if (path !== "/live") return app.fetch(request)
    if (!isOwnOrigin(request)) return refuse("unauthorized", "Only the viewer's own page may watch.")
    return client.upgrade() ?? refuse("bad-request", "This is a WebSocket.")
  }

  return {
    fetch: async (request, client) => guarded(await answer(request, client)),
    socket: liveSocket(feed)
  }
}

const forEverybody: ReadonlySet<string> = new Set(["/health/live", "/health/ready", "/metrics"])

const askToLogIn = { "www-authenticate": 'Basic realm="Spoor viewer", charset="UTF-8"' }

/** A browser always says which page opens a socket; one of another site must not. Tools that are no browser may. */
const isOwnOrigin = (request: Request): boolean => {
  const origin = request.headers.get("origin")
  if (origin === null) return true
  return URL.canParse(origin) && new URL(origin).host === request.headers.get("host")
}

const nothing = (): Response => refuse("not-found", "Nothing is here.")

const json = (value: unknown): Response =>
  Response.json(value ?? null, { headers: { "cache-control": "no-store" } })

const page = ({ body, headers }: PageFile): Response => new Response(body, { headers })

/** NOTE: the answer that makes a WebSocket (101) cannot be changed, and needs no headers. */
const guarded = (response: Response): Response => {
  if (response.status === 101 || response.headers.has("upgrade")) return response
  for (const [name, value] of Object.entries(securityHeaders)) response.headers.set(name, value)
  return response
}
