/**
 * The viewer's web side: one Elysia app of plain web-standard handlers for the page and its data, and the socket and
 * the stream of the live list. Keeps nothing itself but the tickets of the socket.
 */

import { Elysia } from "elysia"
import type { Operation } from "../../gateway/app.ts"
import type { FindAddress } from "../../gateway/http/client-address.ts"
import { codeOf, type ErrorCode, refuse } from "../../gateway/http/errors.ts"
import type { Client, SocketHandlers } from "../../gateway/http/server-types.ts"
import type { SystemView } from "../inspect/pipeline/system-view.ts"
import { admission, wantsSocket } from "./auth/admission.ts"
import type { Credentials } from "./auth/credentials.ts"
import { liveTickets, ticketSeconds } from "./auth/tickets.ts"
import type { Counter, TableRow } from "./counters.ts"
import type { DeadLetterService } from "./dead-letters/service.ts"
import type { Past } from "./history/service.ts"
import { json, nothing } from "./http/responses.ts"
import { liveSeats } from "./live/connection-limit.ts"
import type { LiveFeed } from "./live/feed.ts"
import { liveStreams } from "./live/sse.ts"
import { liveSocket } from "./live/websocket.ts"
import { counterPosts, counterRoutes } from "./routes/counters.ts"
import { downloadRoutes } from "./routes/downloads.ts"
import { pastPosts, pastRoutes } from "./routes/history.ts"
import { accountRoutes, posts } from "./routes/dead-letters.ts"
import { oldAddresses, oldPosts } from "./routes/legacy-paths.ts"
import { systemRoutes } from "./routes/system.ts"
import { counterPage, missingPage, type PageFile, pageFiles } from "./web/static-files.ts"

export interface ViewerOptions {
  readonly feed: LiveFeed
  readonly counters: ReadonlyArray<Counter>
  /** The rows of each of a counter's tables, by the table's name. */
  readonly tables: (counter: string) => Promise<Readonly<Record<string, ReadonlyArray<TableRow>>>>
  /** All rows of one table of a counter. */
  readonly table: (counter: string, table: string) => Promise<ReadonlyArray<TableRow>>
  /** Empties a table of a counter, which goes on from 0. */
  readonly reset: (counter: string, table: string) => Promise<void>
  readonly accounts: DeadLetterService
  readonly past: Past
  /** The whole system as it is now; within a second, whatever hangs. */
  readonly system: () => Promise<SystemView>
  /** Anything that tells how the pipeline is, as JSON. */
  readonly status: () => Promise<unknown>
  /** Undefined lets in everybody, but only under names of this machine. */
  readonly auth: Credentials | undefined
  /** The client's address, of its headers and the socket's peer: for those who guess passwords. */
  readonly addressOf: FindAddress
  /** What stands at `/health/live` and `/health/ready`, for everybody. The figures are on OPS_PORT alone. */
  readonly operations: { readonly live: Operation; readonly ready: Operation }
}

export interface ViewerApp {
  readonly fetch: (request: Request, client: Client) => Response | Promise<Response>
  readonly socket: SocketHandlers
  /** Ends the streams that are open, which would never end by themselves. */
  readonly end: () => void
}

const ticketPath = "/api/ticket"

/** Scripts and styles of our own only: everything shown was written by anyone. */
export const securityHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer"
}

export const viewerApp = (options: ViewerOptions): ViewerApp => {
  const { feed, counters, table, accounts, past, system, status, auth, addressOf, operations } = options
  const tickets = liveTickets()
  const refusal = admission({
    auth,
    posts: new Set([...posts, ...pastPosts, ...oldPosts, ...counterPosts, ticketPath]),
    tickets
  })
  const seats = liveSeats()
  const streams = liveStreams(feed, seats)
  const counterNamed = (name: string): Counter | undefined => counters.find((one) => one.name === name)

  const missingFile = missingPage()
  /** A page for people, JSON for programs. */
  const missing = (request: Request): Response => {
    const isPerson = (request.headers.get("accept") ?? "").includes("text/html")
    return isPerson
      ? new Response(missingFile.body, { status: 404, headers: missingFile.headers })
      : nothing()
  }

  const app = new Elysia({ handler: { standardHostname: false } })
    .onError(({ code, error, request }) => (code === "NOT_FOUND" ? missing(request) : refuseFailed(error)))
    .get("/health/live", () => operations.live())
    .get("/health/ready", () => operations.ready())
    .get("/api/status", async () => json(await status()))
    .post(ticketPath, () => json({ ticket: tickets.issue(), seconds: ticketSeconds }), { parse: "none" })
    .get("/live", ({ request }) => streams.answer(request))
    .get("/counters/:name", ({ params, request }) =>
      counterNamed(params.name) === undefined ? missing(request) : page(counterFile)
    )
    .use(counterRoutes(options))
    .use(downloadRoutes(counters, table, past))
    .use(accountRoutes(accounts))
    .use(oldAddresses(accounts))
    .use(pastRoutes(past))
    .use(systemRoutes(system))
  const counterFile = counterPage()
  for (const [path, file] of pageFiles()) app.get(path, () => page(file))
  app.compile()

  const answer = (request: Request, client: Client): Response | Promise<Response> => {
    const refused = refusal(request, addressOf(request.headers, client.address))
    if (refused !== undefined) return refused
    if (!wantsSocket(request)) return app.fetch(request)
    return client.upgrade() ?? refuse("bad-request", "This is a WebSocket.")
  }

  return {
    fetch: async (request, client) => guarded(await answer(request, client)),
    socket: liveSocket(feed, seats),
    end: streams.end
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
