/** Options, interface and limits of the HTTP and WebSocket server on every runtime. Types and constants only. */

/** The client of a request. */
export interface Client {
  /** The socket's peer: an IP address as the runtime writes it; empty when it has disconnected. */
  readonly address: string
  /**
   * Upgrades this request to a WebSocket with the server's handlers. The HTTP handler must return the response it gets.
   * Undefined when the request is not an upgrade or the server has no WebSocket handlers.
   */
  readonly upgrade: () => Response | undefined
}

/** A client with its port. */
export interface SocketClient extends Client {
  /** The port of the socket's peer; 0 when it has disconnected. */
  readonly port: number
}

/** A certificate and its private key, PEM. */
export interface Tls {
  readonly cert: string
  readonly key: string
}

/** A WebSocket, as its handlers use it. */
export interface Socket {
  /** False when the text was not sent: the socket is closed, or the client reads too slowly. Never waits. */
  readonly send: (text: string) => boolean
  /** Bytes that the client has not read yet. */
  readonly buffered: () => number
  readonly close: (code: number, reason: string) => void
}

export interface SocketHandlers {
  readonly open: (socket: Socket, request: Request) => void
  /** Called for text messages of at most `maxMessageBytes`; any other message closes the socket. */
  readonly message: (socket: Socket, text: string) => void
  readonly close: (socket: Socket) => void
}

export interface ServeOptions {
  /** 0 chooses a free port. */
  readonly port: number
  readonly hostname: string
  /** Other processes of this user with the same option may share the port: Linux distributes the connections. */
  readonly sharesPort?: boolean
  /** Must not fail; an exception becomes 503. */
  readonly fetch: (request: Request, client: Client) => Response | Promise<Response>
  /** `fetch` limits the bodies it reads; otherwise the runtime may refuse bodies over `maxBodyBytes`. */
  readonly countsBodies?: boolean
  readonly socket?: SocketHandlers
  /** `renewals` subscribes to new certificates, until the returned function is called; used by the connection guard. */
  readonly tls?: Tls & { readonly renewals?: (renew: (tls: Tls) => Promise<void>) => () => void }
  /** Limits the connections before the server, and closes slow and idle clients. Always active on Deno. */
  readonly connectionGuard?: ConnectionGuardLimits
}

export interface Server {
  readonly port: number
  /**
   * Accepts no new connections, waits for the requests in flight, closes idle connections and all WebSockets (1001).
   * The caller must set a timeout: a handler may take any time.
   */
  readonly stop: () => Promise<void>
  /** Closes everything at once; requests in flight are aborted. */
  readonly close: () => Promise<void>
}

/** Maximum size of a request's headers including the request line, bytes. */
export const maxHeaderBytes = 40_960

/** Maximum size of a request body, bytes. */
export const maxBodyBytes = 1024 * 1024

/** How long a connection may be idle, seconds. */
export const idleSeconds = 30

/** Maximum size of a WebSocket message from a client, bytes. */
export const maxMessageBytes = 4_096

/** Maximum unread data of a WebSocket client, bytes; above it the socket is closed. */
export const maxBufferedBytes = 1024 * 1024

export interface ConnectionTimeouts {
  /** From the connection until the client's first byte. */
  readonly firstByteMs: number
  /** From the first byte of a request until the first byte of its response. */
  readonly responseMs: number
  /** Without data in either direction. */
  readonly idleMs: number
  /** From when the client stops reading until it reads again. */
  readonly stalledReaderMs: number
}

export interface ConnectionGuardLimits {
  /** Connections open at once; undefined: no limit. */
  readonly maxConnections: number | undefined
  /** The time for a client to send a request, headers and body. */
  readonly requestTimeoutMs: number
  /** Counts a refused connection: too many were open, or the client was too slow. Must not fail. */
  readonly countRefused: (reason: "connections" | "slow") => void
  /** Overrides the default timeouts. */
  readonly timeouts?: Partial<ConnectionTimeouts>
}

export type InnerOptions = Omit<ServeOptions, "fetch" | "tls" | "connectionGuard"> & {
  readonly fetch: (request: Request, client: SocketClient) => Response | Promise<Response>
  readonly tls?: Tls
}
