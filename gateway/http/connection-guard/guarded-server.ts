/**
 * A server behind the connection guard: the server listens on a local port only, the guard's listener on the public one.
 * Lives as long as both. A new certificate starts a new server behind the same listener; the old one stops when its last
 * connection has ended.
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
  SocketClient,
  Tls
} from "../server-types.ts"
import { type GuardListener, openListener } from "./listener.ts"
import type { PeerClient } from "./peer-ports.ts"
import { rawResponses } from "./raw-responses.ts"

type Start = (options: InnerOptions) => Promise<Server>

/**
 * Over TLS and WebSockets, clients may send without expecting a response (HTTP/2, which Deno serves over TLS, has such
 * frames): a silent connection is then merely idle, and only a client that keeps sending for longer is slow. Pings keep
 * WebSockets open; Deno sends them every 30 s.
 */
const timeoutsFor = (
  { tls, socket }: ServeOptions,
  { requestTimeoutMs, timeouts }: ConnectionGuardLimits
): ConnectionTimeouts => {
  const idleMs = socket === undefined ? 30_000 : 90_000
  const isPlain = tls === undefined && socket === undefined
  const responseMs = isPlain ? requestTimeoutMs : Math.max(requestTimeoutMs, 2 * idleMs)
  return { firstByteMs: 10_000, responseMs, idleMs, stalledReaderMs: 30_000, ...timeouts }
}

/** Rejects with the system's error when it cannot listen on the address. */
export const serveGuarded = async (
  start: Start,
  all: ServeOptions,
  limits: ConnectionGuardLimits
): Promise<Server> => {
  const { tls, connectionGuard: _, sharesPort = false, ...options } = all
  let listener: GuardListener | undefined
  const fetch = guardedFetch(options.fetch, (port) => listener?.clientAt(port))

  const startInner = (tls: Tls | undefined): Promise<Server> =>
    start({
      ...options,
      port: 0,
      hostname: "127.0.0.1",
      ...(tls === undefined ? {} : { tls: { cert: tls.cert, key: tls.key } }),
      fetch
    })

  let inner = await startInner(tls)
  try {
    listener = await openListener({
      port: options.port,
      hostname: options.hostname,
      sharesPort,
      serverPort: inner.port,
      maxConnections: limits.maxConnections,
      timeouts: timeoutsFor(all, limits),
      rawResponses: tls === undefined ? await rawResponses() : undefined,
      // Over TLS the listener cannot see requests.
      serializesRequests: !supportsPipelining && tls === undefined,
      countRefused: limits.countRefused
    })
  } catch (cause) {
    await inner.close()
    throw cause
  }

  const { port, setServerPort, unused, stopAccepting, drained, close } = listener
  const older = new Set<Server>()
  let isStopped = false
  const stopRenewing = tls?.renewals?.(async (renewed) => {
    const next = await startInner(renewed)
    if (isStopped) return next.close()
    const before = inner
    inner = next
    setServerPort(inner.port)
    older.add(before)
    // A server that stops closes idle connections, perhaps just as a client sends its next request on one.
    void unused(before.port)
      .then(() => (isStopped ? undefined : before.stop()))
      .then(() => older.delete(before))
  })
  const servers = (): ReadonlyArray<Server> => [inner, ...older]

  return {
    port,
    stop: async () => {
      isStopped = true
      stopRenewing?.()
      await stopAccepting()
      await Promise.all(servers().map((server) => server.stop()))
      await drained()
      close()
    },
    close: async () => {
      isStopped = true
      stopRenewing?.()
      close()
      await Promise.all(servers().map((server) => server.close()))
    }
  }
}

/** The handler with the clients' own addresses; connections that bypassed the listener are refused. */
const guardedFetch =
  (
    fetch: ServeOptions["fetch"],
    clientAt: (port: number) => PeerClient | undefined
  ): ((request: Request, client: SocketClient) => Response | Promise<Response>) =>
  (request, client) => {
    const peer = client.port === 0 ? disconnectedClient : clientAt(client.port)
    if (peer === undefined) return new Response(null, { status: 503, headers: { "retry-after": "1" } })
    // NOTE: Deno needs the unchanged response to an upgrade, and shows no body then.
    const mayHaveBody = request.method !== "GET" && request.method !== "HEAD"
    const response = fetch(request, withAddress(client, peer.address))
    return mayHaveBody ? afterBody(request, response, peer) : response
  }

/**
 * A response to an unread body closes and resets the connection, and the client loses what it has not read by then.
 * Therefore the response is sent once no more body data arrives. Deno would wait for the rest of the body without limit.
 */
const afterBody = async (
  request: Request,
  answered: Response | Promise<Response>,
  peer: PeerClient
): Promise<Response> => {
  const response = await answered
  if (request.body !== null && !request.body.locked && !request.bodyUsed) {
    await linger(request.body.getReader())
  }
  if (response.headers.get("connection") === closeConnection.connection) peer.closeAfterResponse()
  return response
}

const disconnectedClient: PeerClient = { address: "", closeAfterResponse: () => {} }

const withAddress = (client: Client, address: string): Client => ({
  address,
  upgrade: () => client.upgrade()
})
