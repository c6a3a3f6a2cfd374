/**
 * One client connection, from when the listener accepts it until it is closed. Bytes are copied unchanged in both
 * directions. The connection to the server is opened at the client's first byte. The bytes are not parsed, so HTTP and TLS
 * are handled alike, except that `RequestTurns` parses requests where the server does not support pipelining. A timeout is
 * attributed to the side that was expected to send next.
 */

import { connect, type Socket } from "node:net"
import type { ConnectionTimeouts } from "../server-types.ts"
import type { PeerPorts } from "./peer-ports.ts"
import { RequestTurns } from "./request-turns.ts"

export interface ProxyContext {
  /** The server's current port on this machine. */
  readonly port: () => number
  readonly ports: PeerPorts
  readonly timeouts: ConnectionTimeouts
  /** The raw response to a request that was not complete in time; undefined where the client could not read it (TLS). */
  readonly requestTimeout: string | undefined
  /** The server handles one request per connection at a time. */
  readonly serializesRequests: boolean
  /** A monotonic clock, milliseconds. */
  readonly now: () => number
  /** Called when the connection is closed. */
  readonly onClose: (connection: ProxiedConnection) => void
}

/** How long a client may continue to send after the guard ended its connection, milliseconds. */
const lingerMs = 1_000

export class ProxiedConnection {
  private readonly client: Socket
  private readonly context: ProxyContext
  private server: Socket | undefined
  /** The port of the server that the connection was opened to; 0 before. */
  serverPort = 0
  /** Start of the request that has no response yet; 0 when there is none. */
  private requestAt = 0
  /** Time of the last data in either direction. */
  private lastAt: number
  /** Time of the last response before the connection closes; 0 before. */
  private closingAt = 0
  /** When the guard ended the connection; 0 before. */
  private endedAt = 0
  private clientHasEnded = false
  /** Since when the client does not read its response; 0 while it reads. */
  private stalledAt = 0
  private readonly turns: RequestTurns | undefined

  constructor(client: Socket, context: ProxyContext) {
    this.client = client
    this.context = context
    this.turns = context.serializesRequests ? new RequestTurns() : undefined
    this.lastAt = context.now()
    client.on("error", () => {})
    client.on("close", () => this.closed())
    client.once("data", (data: Buffer) => this.connectServer(data))
    client.once("end", () => {
      this.clientHasEnded = true
      if (this.server === undefined) client.destroy()
      else if (!this.server.connecting) this.endServer()
    })
  }

  /** Forwards the client's end of data, once the server has all of its data. */
  private endServer(): void {
    if (this.clientHasEnded && this.turns?.isBuffering !== true) this.server?.end()
  }

  /** The client has sent no byte, so the server does not know it. */
  get hasSentNothing(): boolean {
    return this.server === undefined
  }

  /** The client has sent data, but the connection to the server is not open yet. */
  get isConnecting(): boolean {
    return this.server?.connecting === true
  }

  /** Closes the connection after a timeout. Returns whether the client was too slow. */
  check(now: number): boolean {
    const { firstByteMs, responseMs, idleMs, stalledReaderMs } = this.context.timeouts
    const isStalled = this.stalledAt > 0 && now - this.stalledAt > stalledReaderMs
    if (this.endedAt > 0) {
      if (now - this.endedAt > lingerMs && (this.stalledAt === 0 || isStalled)) this.close()
      return false
    }
    if (this.closingAt > 0 && now - this.closingAt > lingerMs && this.stalledAt === 0) {
      this.reject("")
      return false
    }
    const isRequesting = this.requestAt > 0
    const isSilent = now - this.lastAt > (this.server === undefined ? firstByteMs : idleMs)
    const isLate = isRequesting && now - this.requestAt > responseMs
    if (!isStalled && !isSilent && !isLate) return false
    this.reject(isRequesting ? this.context.requestTimeout : undefined)
    return isStalled || isRequesting || this.server === undefined
  }

  private closeAfterResponse(): void {
    this.closingAt = this.context.now()
  }

  /** Ends the connection with a last response, which the client has time to read. */
  reject(rawResponse: string | undefined): void {
    if (this.endedAt > 0) return
    this.endedAt = this.context.now()
    this.server?.destroy()
    if (rawResponse === undefined || this.stalledAt > 0) this.close()
    else {
      this.client.end(rawResponse, "latin1")
      this.client.on("data", () => {})
      this.client.resume()
    }
  }

  /** Closes both sides at once. */
  close(): void {
    this.client.destroy()
    this.server?.destroy()
  }

  private connectServer(first: Buffer): void {
    const { client, context } = this
    if (this.endedAt > 0) return
    this.requested()
    client.pause()
    this.serverPort = context.port()
    const server = connect({ port: this.serverPort, host: "127.0.0.1", noDelay: true, allowHalfOpen: true })
    this.server = server
    let port = 0
    server.once("connect", () => {
      if (this.endedAt > 0) return
      port = server.localPort ?? 0
      context.ports.add(port, {
        address: client.remoteAddress ?? "",
        closeAfterResponse: () => this.closeAfterResponse()
      })
      this.writeToServer(server, this.fromClient(first))
      client.on("data", (data: Buffer) => {
        if (this.endedAt > 0) return
        this.writeToServer(server, this.fromClient(data))
      })
      this.readOn()
      this.endServer()
    })
    server.on("drain", () => this.readOn())
    server.on("data", (data: Buffer) => {
      this.requestAt = 0
      this.lastAt = context.now()
      if (!client.write(data)) {
        if (this.stalledAt === 0) this.stalledAt = context.now()
        server.pause()
      }
      this.fromServer(server, data)
    })
    client.on("drain", () => {
      this.stalledAt = 0
      this.lastAt = context.now()
      server.resume()
    })
    server.once("end", () => {
      if (this.endedAt > 0) return
      this.endedAt = context.now()
      client.end()
      server.end()
    })
    server.on("error", () => {})
    server.on("close", (hadError) => {
      context.ports.end(port, context.now())
      if (hadError && this.endedAt === 0) client.destroy()
    })
  }

  /** The part of the client's data that the server may receive now. */
  private fromClient(data: Buffer): Buffer | undefined {
    this.requested()
    return this.turns === undefined ? data : this.turns.fromClient(data)
  }

  /** The end of a response may release the client's next request. */
  private fromServer(server: Socket, data: Buffer): void {
    if (this.turns === undefined || this.endedAt > 0) return
    const wasBuffering = this.turns.isBuffering
    const next = this.turns.fromServer(data)
    if (!wasBuffering) return
    if (next !== undefined) this.requested()
    if (this.writeToServer(server, next)) this.readOn()
    this.endServer()
  }

  /** False when the server's buffer is full for now. */
  private writeToServer(server: Socket, data: Buffer | undefined): boolean {
    const isAccepted = data === undefined || server.write(data)
    if (!isAccepted || this.turns?.isBuffering === true) this.client.pause()
    return isAccepted
  }

  private readOn(): void {
    if (this.turns?.isBuffering !== true) this.client.resume()
  }

  private requested(): void {
    const now = this.context.now()
    if (this.requestAt === 0) this.requestAt = now
    this.lastAt = now
  }

  private closed(): void {
    this.server?.destroy()
    this.context.onClose(this)
  }
}
