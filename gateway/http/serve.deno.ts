/** The HTTP server on Deno; used only by serve.ts. A server lives from `serve` until `stop` or `close`. */
import {
  type InnerOptions,
  idleSeconds,
  maxBufferedBytes,
  maxMessageBytes,
  type Server,
  type Socket,
  type SocketClient,
  type SocketHandlers
} from "./server-types.ts"

/** The part of Deno's API that is used here. */
interface DenoHttp {
  readonly serve: (
    options: {
      readonly port: number
      readonly hostname: string
      readonly reusePort: boolean
      readonly signal: AbortSignal
      readonly onListen: () => void
      readonly onError: () => Response
      readonly cert?: string
      readonly key?: string
    },
    handler: (
      request: Request,
      info: { readonly remoteAddr: { readonly hostname?: string; readonly port?: number } }
    ) => Response | Promise<Response>
  ) => {
    readonly addr: { readonly port: number }
    readonly finished: Promise<void>
    readonly shutdown: () => Promise<void>
  }
  readonly upgradeWebSocket: (
    request: Request,
    options: { readonly idleTimeout: number }
  ) => { readonly socket: WebSocket; readonly response: Response }
}

/** See `serve` in serve.ts; rejects with Deno's own error. */
export const serve = async (options: InnerOptions): Promise<Server> => {
  const { Deno } = globalThis as unknown as { readonly Deno: DenoHttp }
  const abort = new AbortController()
  const open = new Set<WebSocket>()
  const { fetch, socket: handlers } = options
  // Aborting a server that has already stopped would throw.
  let isStopped = false

  const server = Deno.serve(
    {
      port: options.port,
      hostname: options.hostname,
      reusePort: options.sharesPort === true,
      signal: abort.signal,
      onListen: () => {},
      onError: () => new Response(null, { status: 503, headers: { "retry-after": "1" } }),
      ...options.tls
    },
    (request, info) => {
      const client: SocketClient = {
        address: info.remoteAddr.hostname ?? "",
        port: info.remoteAddr.port ?? 0,
        upgrade: () => {
          if (handlers === undefined || request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
            return undefined
          }
          const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: idleSeconds })
          attach(socket, request, handlers, open)
          return response
        }
      }
      return fetch(request, client)
    }
  )

  return {
    port: server.addr.port,
    stop: async () => {
      const stopped = server.shutdown()
      for (const socket of open) socket.close(1001, "The server is stopping.")
      await stopped
      isStopped = true
    },
    close: async () => {
      if (isStopped) return
      for (const socket of open) socket.close(1001)
      abort.abort()
      await server.finished
    }
  }
}

const attach = (ws: WebSocket, request: Request, handlers: SocketHandlers, open: Set<WebSocket>): void => {
  const socket: Socket = {
    send: (text) => {
      if (ws.readyState !== WebSocket.OPEN) return false
      if (ws.bufferedAmount > maxBufferedBytes) {
        ws.close(1013, "The client reads too slowly.")
        return false
      }
      ws.send(text)
      return true
    },
    buffered: () => ws.bufferedAmount,
    close: (code, reason) => ws.close(code, reason)
  }
  ws.onopen = () => {
    open.add(ws)
    handlers.open(socket, request)
  }
  ws.onmessage = ({ data }) => {
    if (typeof data !== "string") return ws.close(1003, "Only text messages are accepted.")
    if (data.length > maxMessageBytes) return ws.close(1009, "The message is too large.")
    handlers.message(socket, data)
  }
  ws.onclose = () => {
    open.delete(ws)
    handlers.close(socket)
  }
}
