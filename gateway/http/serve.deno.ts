/** Serving on Deno; used by serve.ts alone. */
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

/** As much of Deno as is used here. */
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

/** See `serve` in serve.ts; fails with what Deno throws. */
export const serve = async (options: InnerOptions): Promise<Server> => {
  const { Deno } = globalThis as unknown as { readonly Deno: DenoHttp }
  const ending = new AbortController()
  const open = new Set<WebSocket>()
  const { fetch, socket: handlers } = options
  // Ending a server that has already stopped would throw.
  let isOver = false

  const server = Deno.serve(
    {
      port: options.port,
      hostname: options.hostname,
      reusePort: options.sharesPort === true,
      signal: ending.signal,
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
      for (const socket of open) socket.close(1001, "The server stops.")
      await stopped
      isOver = true
    },
    close: async () => {
      if (isOver) return
      for (const socket of open) socket.close(1001)
      ending.abort()
      await server.finished
    }
  }
}

const attach = (ws: WebSocket, request: Request, handlers: SocketHandlers, open: Set<WebSocket>): void => {
  const socket: Socket = {
    send: (text) => {
      if (ws.readyState !== WebSocket.OPEN) return false
      if (ws.bufferedAmount > maxBufferedBytes) {
        ws.close(1013, "Read faster.")
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
    if (typeof data !== "string") return ws.close(1003, "Only text is read here.")
    if (data.length > maxMessageBytes) return ws.close(1009, "Too large.")
    handlers.message(socket, data)
  }
  ws.onclose = () => {
    open.delete(ws)
    handlers.close(socket)
  }
}
