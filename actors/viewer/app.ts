/**
 * The viewer's web application: one Elysia app with the pages and their data, and the WebSocket and the event stream of
 * the live list. Lives as long as the viewer; keeps the tickets of the socket and counts the live connections.
 */

import { Elysia } from "elysia"
import type { OperationalHandler } from "../../gateway/dispatch.ts"
import type { FindAddress } from "../../gateway/http/client-address.ts"
import { codeOf, type ErrorCode, refuse } from "../../gateway/http/errors.ts"
import type { Client, SocketHandlers } from "../../gateway/http/server-types.ts"
import type { SystemView } from "../inspect/pipeline/system-view.ts"
import { answerContract } from "../runtime/contract-files.ts"
import { admission, wantsSocket } from "./auth/admission.ts"
import type { Credentials } from "./auth/credentials.ts"
import { liveTickets, type Tickets, ticketSeconds } from "./auth/tickets.ts"
import type { Counter, CounterTables } from "./counters.ts"
import type { DeadLetterService } from "./dead-letters/service.ts"
import type { History } from "./history/service.ts"
import { json } from "./http/responses.ts"
import type { LedgerService } from "./ledger.ts"
import { connectionLimit } from "./live/connection-limit.ts"
import type { LiveFeed } from "./live/feed.ts"
import { liveStreams } from "./live/sse.ts"
import { liveSocket } from "./live/websocket.ts"
import type { PushService } from "./push/service.ts"
import type { ReactionService } from "./reactions/service.ts"
import { counterPostPaths, counterRoutes } from "./routes/counters.ts"
import { deadLetterPostPaths, deadLetterRoutes } from "./routes/dead-letters.ts"
import { downloadRoutes } from "./routes/downloads.ts"
import { historyPostPaths, historyRoutes } from "./routes/history.ts"
import { ledgerRoutes } from "./routes/ledger.ts"
import { legacyPostPaths, legacyRoutes } from "./routes/legacy-paths.ts"
import { missingResponse, pageRoutes } from "./routes/pages.ts"
import { pushPostPaths, pushRoutes } from "./routes/push.ts"
import { reactionPostPaths, reactionPutPaths, reactionRoutes } from "./routes/reactions.ts"
import { systemRoutes } from "./routes/system.ts"

export interface ViewerOptions {
  readonly feed: LiveFeed
  readonly counters: ReadonlyArray<Counter>
  readonly counterTables: CounterTables
  readonly ledger: LedgerService
  readonly deadLetters: DeadLetterService
  readonly reactions: ReactionService
  readonly push: PushService
  readonly history: History
  /** The system view; resolves within a second, whatever is unavailable. */
  readonly system: () => Promise<SystemView>
  /** The health report, as JSON. */
  readonly status: () => Promise<unknown>
  /** Undefined admits everybody, but only under a loopback host name. */
  readonly auth: Credentials | undefined
  /** Finds the client's address from the headers and the socket's peer, to throttle password guessing. */
  readonly addressOf: FindAddress
  /** `/health/live` and `/health/ready`, served to everybody. Metrics are served on OPS_PORT only. */
  readonly operations: { readonly live: OperationalHandler; readonly ready: OperationalHandler }
}

export interface ViewerApp {
  readonly fetch: (request: Request, client: Client) => Response | Promise<Response>
  readonly socket: SocketHandlers
  /** Ends the open event streams, which would never end by themselves. */
  readonly close: () => void
}

const ticketPath = "/api/ticket"

const postPaths: ReadonlySet<string> = new Set([
  ...deadLetterPostPaths,
  ...historyPostPaths,
  ...legacyPostPaths,
  ...counterPostPaths,
  ...reactionPostPaths,
  ...pushPostPaths,
  ticketPath
])

/** Own scripts and styles only: the pages show text that anybody may have sent. */
export const securityHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer"
}

export const viewerApp = (options: ViewerOptions): ViewerApp => {
  const tickets = liveTickets()
  const admit = admission({ auth: options.auth, postPaths, putPaths: reactionPutPaths, tickets })
  const limit = connectionLimit()
  const streams = liveStreams(options.feed, limit)
  const app = routesOf(options, tickets).get("/live", ({ request }) => streams.respond(request))
  app.compile()

  const respond = (request: Request, client: Client): Response | Promise<Response> => {
    const refused = admit(request, options.addressOf(request.headers, client.address))
    if (refused !== undefined) return refused
    if (!wantsSocket(request)) return app.fetch(request)
    return client.upgrade() ?? refuse("bad-request", "Invalid WebSocket handshake.")
  }

  return {
    fetch: async (request, client) => withSecurityHeaders(await respond(request, client)),
    socket: liveSocket(options.feed, limit),
    close: streams.close
  }
}

const routesOf = (
  {
    counters,
    counterTables,
    ledger,
    deadLetters,
    reactions,
    push,
    history,
    system,
    status,
    operations
  }: ViewerOptions,
  tickets: Tickets
) => {
  const missing = missingResponse()
  return new Elysia({ handler: { standardHostname: false } })
    .onError(({ code, error, request }) => (code === "NOT_FOUND" ? missing(request) : refuseFailed(error)))
    .get("/health/live", () => operations.live())
    .get("/health/ready", () => operations.ready())
    .get("/contracts", ({ request }) => answerContract(request))
    .get("/contracts/*", ({ request }) => answerContract(request))
    .get("/api/status", async () => json(await status()))
    .post(ticketPath, () => json({ ticket: tickets.issue(), seconds: ticketSeconds }), { parse: "none" })
    .use(pageRoutes(counters, missing))
    .use(counterRoutes(counters, counterTables, history))
    .use(downloadRoutes(counters, counterTables, history))
    .use(ledgerRoutes(ledger))
    .use(deadLetterRoutes(deadLetters))
    .use(legacyRoutes(deadLetters))
    .use(reactionRoutes(reactions))
    .use(pushRoutes(push))
    .use(historyRoutes(history))
    .use(systemRoutes(system))
}

const messages: Partial<Record<ErrorCode, string>> = {
  "bad-request": "Invalid request.",
  busy: "Too many requests of this kind are running: try again later.",
  unavailable: "A system behind the viewer is unavailable: try again later."
}

/** The message of the cause is not sent: it may name internal systems. */
const refuseFailed = (cause: unknown): Response => {
  const code = codeOf(cause)
  return refuse(code, messages[code] ?? "The request failed.")
}

/** NOTE: the response that upgrades to a WebSocket (101) is immutable and needs no headers. */
const withSecurityHeaders = (response: Response): Response => {
  if (response.status === 101 || response.headers.has("upgrade")) return response
  for (const [name, value] of Object.entries(securityHeaders)) response.headers.set(name, value)
  return response
}
