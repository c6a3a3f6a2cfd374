/**
 * A server behind a door: it listens on a port of this machine alone, and the door on the one that clients know. It has
 * the life of both. A new certificate is a new server behind the same door.
 */
import { closeConnection } from "../body/closing.ts"
import { linger } from "../body/linger.ts"
import { supportsPipelining } from "../runtime.ts"
import type {
  Client,
  ConnectionGuardLimits,
  ConnectionTimeouts,
  InnerOptions,
  ServeOptions,
  Server,
  Tls
} from "../server-types.ts"
import { type GuardListener, openListener } from "./listener.ts"
import type { PeerClient } from "./peer-ports.ts"
import { rawResponses } from "./raw-responses.ts"

type Start = (options: InnerOptions) => Promise<Server>

/**
 * How patient a door is, milliseconds. Over TLS, and over WebSockets, clients may speak without asking (HTTP/2, which
 * Deno speaks over TLS, has such frames): what is silent after that is merely idle, so only who goes on speaking for
 * longer than that is slow. WebSockets are kept alive by pings, which Deno sends every half a minute.
 */
const patienceFor = ({ tls, socket, door }: ServeOptions, request: number): ConnectionTimeouts => {
  const idle = socket === undefined ? 30_000 : 90_000
  const answer = tls === undefined && socket === undefined ? request : Math.max(request, 2 * idle)
  return { first: 10_000, answer, idle, full: 30_000, ...door?.patience }
}

/** Rejects with what the system says when the address cannot be had. */
export const serveGuarded = async (
  start: Start,
  all: ServeOptions,
  { most, request, count }: ConnectionGuardLimits
): Promise<Server> => {
  const { tls, door: _, sharesPort = false, ...options } = all
  let door: GuardListener | undefined

  const startInner = (tls: Tls | undefined): Promise<Server> =>
    start({
      ...options,
      port: 0,
      hostname: "127.0.0.1",
      ...(tls === undefined ? {} : { tls: { cert: tls.cert, key: tls.key } }),
      fetch: (request, client) => {
        const caller = client.port === 0 ? disconnectedClient : door?.clientAt(client.port)
        // Somebody on this machine came round the door.
        if (caller === undefined) return new Response(null, { status: 503, headers: { "retry-after": "1" } })
        // NOTE: Deno must get the answer to an upgrade untouched, and tells of no body then.
        const mayHaveBody = request.method !== "GET" && request.method !== "HEAD"
        const answer = options.fetch(request, throughDoor(client, caller.address))
        return mayHaveBody ? lastAnswer(request, answer, caller) : answer
      }
    })

  let inner = await startInner(tls)
  try {
    door = await openListener({
      port: options.port,
      hostname: options.hostname,
      sharesPort,
      to: inner.port,
      most,
      patience: patienceFor(all, request),
      sayings: tls === undefined ? await rawResponses() : undefined,
      // Over TLS the door sees no requests.
      serializesRequests: !supportsPipelining && tls === undefined,
      count
    })
  } catch (cause) {
    await inner.close()
    throw cause
  }

  const { port, lead, shut, empty, close } = door
  const older = new Set<Server>()
  let isOver = false
  const stopRenewing = tls?.renewals?.(async (renewed) => {
    const next = await startInner(renewed)
    if (isOver) return next.close()
    const before = inner
    inner = next
    lead(inner.port)
    older.add(before)
    void before.stop().then(() => older.delete(before))
  })
  const servers = (): ReadonlyArray<Server> => [inner, ...older]

  return {
    port,
    stop: async () => {
      isOver = true
      stopRenewing?.()
      await shut()
      await Promise.all(servers().map((server) => server.stop()))
      await empty()
      close()
    },
    close: async () => {
      isOver = true
      stopRenewing?.()
      close()
      await Promise.all(servers().map((server) => server.close()))
    }
  }
}

/**
 * An answer to a body that nobody has read ends the connection and resets it, and what the door has not read of the
 * answer by then is lost: so it is given when there is no more to come for a while. Deno waits for the rest for ever.
 */
const lastAnswer = async (
  request: Request,
  answer: Response | Promise<Response>,
  caller: PeerClient
): Promise<Response> => {
  const response = await answer
  if (request.body !== null && !request.body.locked && !request.bodyUsed) {
    await linger(request.body.getReader())
  }
  if (response.headers.get("connection") === closeConnection.connection) caller.closeAfterResponse()
  return response
}

const disconnectedClient: PeerClient = { address: "", closeAfterResponse: () => {} }

const throughDoor = (client: Client, address: string): Client => ({
  address,
  upgrade: () => client.upgrade()
})
