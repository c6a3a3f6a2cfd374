/** What a server of HTTP and WebSocket is given and gives, on every runtime, and its limits. Types and constants only. */

/** The one at the other end of a request. */
export interface Client {
  /** The socket's peer: an IP address as the runtime writes it, empty when it is already gone. */
  readonly address: string
  /**
   * Makes this request a WebSocket; its handlers are the server's. The handler returns the answer it gets from here.
   * Undefined when the request does not ask for one or the server has no handlers.
   */
  readonly upgrade: () => Response | undefined
}

/** A client as the runtime knows it. */
export interface SocketClient extends Client {
  /** The port of the socket's peer; 0 when it is already gone. */
  readonly port: number
}

/** PEM texts. */
export interface Tls {
  readonly cert: string
  readonly key: string
}

/** A WebSocket as its handlers see it. */
export interface Socket {
  /** False when it was not taken: the socket is closed, or the client reads too slowly. Never waits. */
  readonly send: (text: string) => boolean
  /** Bytes sent that the client has not taken yet. */
  readonly buffered: () => number
  readonly close: (code: number, reason: string) => void
}

export interface SocketHandlers {
  readonly open: (socket: Socket, request: Request) => void
  /** Text of at most `maxMessageBytes`; anything else ends the socket. */
  readonly message: (socket: Socket, text: string) => void
  readonly close: (socket: Socket) => void
}

export interface ServeOptions {
  /** 0 takes a free one. */
  readonly port: number
  readonly hostname: string
  /** Others of this user may listen there too, if they say so as well: Linux gives each a share of the connections. */
  readonly sharesPort?: boolean
  /** Must not fail; when it does, the client is told 503. */
  readonly fetch: (request: Request, client: Client) => Response | Promise<Response>
  /** `fetch` counts the bodies it reads; else the runtime may refuse those over `maxBodyBytes`. */
  readonly countsBodies?: boolean
  readonly socket?: SocketHandlers
  /** Where there is a door, `renewals` tells of new ones from now on, until what it returned is called. */
  readonly tls?: Tls & { readonly renewals?: (renew: (tls: Tls) => Promise<void>) => () => void }
  /** A door before the server caps connections and closes those that are slow or silent. On Deno there always is one. */
  readonly door?: ConnectionGuardLimits
}

export interface Server {
  readonly port: number
  /**
   * Takes no new connections, waits for the requests under way, closes what is idle and all WebSockets (1001).
   * Bound it yourself: a request may take as long as its handler likes.
   */
  readonly stop: () => Promise<void>
  /** Ends everything at once; what was under way is lost to its client. */
  readonly close: () => Promise<void>
}

/** What all headers of a request may weigh together, the request line included, in bytes. */
export const maxHeaderBytes = 40_960

/** What a request body may weigh, in bytes. */
export const maxBodyBytes = 1024 * 1024

/** How long a connection may be silent, seconds. */
export const idleSeconds = 30

/** What a client may send over a WebSocket in one message, in bytes. */
export const maxMessageBytes = 4_096

/** What may wait for a WebSocket client that reads slowly, in bytes; beyond it the socket is closed. */
export const maxBufferedBytes = 1024 * 1024

/** Milliseconds. */
export interface ConnectionTimeouts {
  /** From when a client comes until it says something. */
  readonly first: number
  /** From when a client begins to ask until it is answered: it must have asked by then. */
  readonly answer: number
  /** With nothing said by anyone. */
  readonly idle: number
  /** From when a client takes no more of what it is sent until it has taken it. */
  readonly full: number
}

export interface ConnectionGuardLimits {
  /** Connections at once; undefined for any number. */
  readonly most: number | undefined
  /** How long a client may take to send a request, headers and body, milliseconds. */
  readonly request: number
  /** Counts a connection that was turned away: there were too many, or it was too slow. Must not fail. */
  readonly count: (reason: "connections" | "slow") => void
  /** The standard one unless given. */
  readonly patience?: Partial<ConnectionTimeouts>
}

export type InnerOptions = Omit<ServeOptions, "fetch" | "tls" | "door"> & {
  readonly fetch: (request: Request, client: SocketClient) => Response | Promise<Response>
  readonly tls?: Tls
}
