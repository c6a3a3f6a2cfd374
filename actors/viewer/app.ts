/**
 * The viewer's web side: one Elysia app of plain web-standard handlers for the page and its data, and the socket of
 * the live list. Keeps nothing itself.
 */
import { Elysia } from "elysia"
import type { Operation } from "../../gateway/app.ts"
import { codeOf, type ErrorCode, refuse } from "../../gateway/errors.ts"
import type { Client, SocketHandlers } from "../../gateway/serve.ts"
import { targetOf } from "../../gateway/target.ts"
import { accountRoutes, posts } from "./account-routes.ts"
import type { Accounts } from "./accounts.ts"
import { admission } from "./admission.ts"
import { json, nothing } from "./answers.ts"
import type { IsAllowed } from "./basic-auth.ts"
import type { LiveFeed } from "./live-feed.ts"
import { liveSocket } from "./live-socket.ts"
import { counterPage, type PageFile, pageFiles } from "./page-files.ts"
import type { Past } from "./past/past.ts"
import { pastPosts, pastRoutes } from "./past/past-routes.ts"

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
  readonly accounts: Accounts
  readonly past: Past
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
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer"
}

export const viewerApp = (options: ViewerOptions): ViewerApp => {
  const { feed, counters, tables, accounts, past, status, auth, operations } = options
  const refusal = admission({ auth, posts: new Set([...posts, ...pastPosts]) })
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
    .use(accountRoutes(accounts))
    .use(pastRoutes(past))
  const counterFile = counterPage()
  for (const [path, file] of pageFiles()) app.get(path, () => page(file))
  app.compile()

  const answer = (request: Request, client: Client): Response | Promise<Response> => {
    const refused = refusal(request)
    if (refused !== undefined) return refused
    if (targetOf(request.url).path !== "/live") return app.fetch(request)
    return client.upgrade() ?? refuse("bad-request", "This is a WebSocket.")
  }

  return {
    fetch: async (request, client) => guarded(await answer(request, client)),
    socket: liveSocket(feed)
  }
}

const sentences: Partial<Record<ErrorCode, string>> = {
  "bad-request": "That cannot be read.",
  busy: "Too many ask for that at this moment; try again.",
  unavailable: "That cannot be read now; try again."
}

/** The cause's own words stay inside: they may name our systems. */
const refuseFailed = (cause: unknown): Response => {
  const code = codeOf(cause)
  return refuse(code, sentences[code] ?? "The request failed.")
}

const page = ({ body, headers }: PageFile): Response => new Response(body, { headers })

/** NOTE: the answer that makes a WebSocket (101) cannot be changed, and needs no headers. */
const guarded = (response: Response): Response => {
  if (response.status === 101 || response.headers.has("upgrade")) return response
  for (const [name, value] of Object.entries(securityHeaders)) response.headers.set(name, value)
  return response
}
