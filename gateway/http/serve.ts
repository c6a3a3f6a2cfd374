/**
 * Serves web-standard handlers over HTTP and WebSocket on the runtime we are on. A server lives from `serve` until
 * `stop` or `close`. What a runtime does in its own way is in serve.bun.ts and serve.deno.ts, and nowhere else.
 */
import { Failure } from "../../contracts/failure.ts"
import { behindDoor, type DoorLimits } from "./connection-guard/guarded-server.ts"
import { closesSlowClients } from "./runtime.ts"

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
  readonly door?: DoorLimits
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

const standardDoor: DoorLimits = { most: undefined, request: 15_000, count: () => {} }

/** Starts serving. Fails with `Failure` "unavailable" when the address cannot be had, saying why in one sentence. */
export const serve = async (options: ServeOptions): Promise<Server> => {
  const runtime = "Deno" in globalThis ? await import("./serve.deno.ts") : await import("./serve.bun.ts")
  try {
    const door = options.door ?? (closesSlowClients ? undefined : standardDoor)
    return await (door === undefined ? runtime.serve(options) : behindDoor(runtime.serve, options, door))
  } catch (cause) {
    throw new Failure({ reason: "unavailable", message: whyNot(options, cause) })
  }
}

const whyNot = (options: ServeOptions, cause: unknown): string => {
  const { port, hostname } = options
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  if (code === "EADDRINUSE") return `Port ${port} is already in use on ${hostname}.`
  if (code === "EACCES") return `Port ${port} on ${hostname} may not be opened by this user.`
  if (code === "EADDRNOTAVAIL") {
    return `Port ${port} cannot be opened on ${hostname}: this machine does not have that address.`
  }
  return `Port ${port} cannot be opened on ${hostname}: ${cause instanceof Error ? cause.message : String(cause)}`
}
