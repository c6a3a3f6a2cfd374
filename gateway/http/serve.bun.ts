/** The HTTP server on Bun; used only by serve.ts. A server lives from `serve` until `stop` or `close`. */
import http from "node:http"
import {
  type InnerOptions,
  idleSeconds,
  maxBodyBytes,
  maxBufferedBytes,
  maxHeaderBytes,
  maxMessageBytes,
  type Server,
  type Socket,
  type SocketClient
} from "./server-types.ts"

interface SocketData {
  readonly request: Request
  socket: Socket | undefined
}

/** The client of a request. Its address is looked up on first use. */
class BunClient implements SocketClient {
  upgraded = false
  private readonly request: Request
  private readonly server: Bun.Server<SocketData>

  constructor(request: Request, server: Bun.Server<SocketData>) {
    this.request = request
    this.server = server
  }

  get address(): string {
    return this.server.requestIP(this.request)?.address ?? ""
  }

  get port(): number {
    return this.server.requestIP(this.request)?.port ?? 0
  }

  upgrade(): Response | undefined {
    const { request, server } = this
    this.upgraded = server.upgrade(request, { data: { request, socket: undefined } })
    return this.upgraded ? new Response(null) : undefined
  }
}

/** The client of a request to a server without WebSocket handlers. */
class PlainClient extends BunClient {
  override upgrade(): undefined {
    return undefined
  }
}

/** See `serve` in serve.ts; rejects with Bun's own error. */
export const serve = async (options: InnerOptions): Promise<Server> => {
  // Bun reads its header limit (default 16 KiB) from here, for the whole process; the types declare it constant.
  Object.assign(http, { maxHeaderSize: maxHeaderBytes })
  const { fetch, socket: handlers } = options
  const open = new Set<Bun.ServerWebSocket<SocketData>>()

  const server = Bun.serve<SocketData>({
    port: options.port,
    hostname: options.hostname,
    development: false,
    // Without development mode Bun shares ports by default: a second gateway would start and take half of the requests.
    reusePort: options.sharesPort === true,
    idleTimeout: idleSeconds,
    maxRequestBodySize: options.countsBodies === true ? Number.MAX_SAFE_INTEGER : maxBodyBytes,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    fetch: (request, server) => {
      if (handlers === undefined) return fetch(request, new PlainClient(request, server))
      const client = new BunClient(request, server)
      return unlessUpgraded(fetch(request, client), client)
    },
    error: () => new Response(null, { status: 503, headers: { "retry-after": "1" } }),
    websocket: {
      maxPayloadLength: maxMessageBytes,
      backpressureLimit: maxBufferedBytes,
      closeOnBackpressureLimit: true,
      perMessageDeflate: false,
      idleTimeout: idleSeconds,
      sendPings: true,
      open: (ws) => {
        open.add(ws)
        ws.data.socket = socketOf(ws)
        handlers?.open(ws.data.socket, ws.data.request)
      },
      message: (ws, message) => {
        if (typeof message !== "string") return ws.close(1003, "Only text messages are accepted.")
        if (ws.data.socket !== undefined) handlers?.message(ws.data.socket, message)
      },
      close: (ws) => {
        open.delete(ws)
        if (ws.data.socket !== undefined) handlers?.close(ws.data.socket)
      }
    }
  })

  return {
    port: server.port ?? options.port,
    stop: () => {
      const stopped = server.stop(false)
      for (const ws of open) ws.close(1001, "The server is stopping.")
      return stopped
    },
    close: () => server.stop(true)
  }
}

const socketOf = (ws: Bun.ServerWebSocket<SocketData>): Socket => ({
  send: (text) => ws.readyState === WebSocket.OPEN && ws.send(text) !== 0,
  buffered: () => ws.getBufferedAmount(),
  close: (code, reason) => ws.close(code, reason)
})

/** Bun expects no response to a request that was upgraded to a WebSocket. */
const unlessUpgraded = async (
  answered: Response | Promise<Response>,
  client: BunClient
): Promise<Response | undefined> => {
  const response = await answered
  return client.upgraded ? undefined : response
}
