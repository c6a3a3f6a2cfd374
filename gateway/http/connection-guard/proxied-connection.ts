/**
 * One client's connection, from when the door takes it until it is closed: its bytes are handed to the server as they
 * are and the server's to it. The connection to the server is made when the client says something. Nothing is read of
 * the bytes, so it is the same for HTTP and TLS, unless requests are to be handed on one at a time (turns.ts); when who
 * waits for whom too long is told by who spoke last.
 */

import { connect, type Socket } from "node:net"
import type { ConnectionTimeouts } from "../server-types.ts"
import type { PeerPorts } from "./peer-ports.ts"
import { RequestTurns } from "./request-turns.ts"

export interface ProxyContext {
  /** Where the server listens on this machine now. */
  readonly port: () => number
  readonly ports: PeerPorts
  readonly patience: ConnectionTimeouts
  /** What a client that asked too slowly is told, if it can be told something. */
  readonly tooSlow: string | undefined
  /** The server takes one request at a time of a connection. */
  readonly serializesRequests: boolean
  readonly now: () => number
  readonly left: (visit: ProxiedConnection) => void
}

/** How long a client may go on sending after its connection was ended from our side, milliseconds. */
const lingering = 1_000

export class ProxiedConnection {
  private readonly client: Socket
  private readonly to: ProxyContext
  private server: Socket | undefined
  /** When the client began to ask what is not answered yet; 0 when nothing is. */
  private askedAt = 0
  private lastAt: number
  /** When its last answer was made; 0 before. */
  private leavingAt = 0
  /** When we ended it; 0 before. */
  private endedAt = 0
  private hasSaidAll = false
  /** Since when more waits for the client than may be sent at once; 0 when it does not. */
  private fullAt = 0
  private readonly turns: RequestTurns | undefined

  constructor(client: Socket, to: ProxyContext) {
    this.client = client
    this.to = to
    this.turns = to.serializesRequests ? new RequestTurns() : undefined
    this.lastAt = to.now()
    client.on("error", () => {})
    client.on("close", () => this.over())
    client.once("data", (data: Buffer) => this.hand(data))
    client.once("end", () => {
      this.hasSaidAll = true
      if (this.server === undefined) client.destroy()
      else if (!this.server.connecting) this.endServer()
    })
  }

  /** Tells the server that its client has said all, when it has all of that. */
  private endServer(): void {
    if (this.hasSaidAll && this.turns?.isBuffering !== true) this.server?.end()
  }

  /** Nobody has heard of this client beyond the door. */
  get hasSentNothing(): boolean {
    return this.server === undefined
  }

  /** Is it connected, but its bytes not yet with the server? */
  get isConnecting(): boolean {
    return this.server?.connecting === true
  }

  /** Ends it when somebody has waited for too long; returns whether a slow client was sent away. */
  check(now: number): boolean {
    const { first, answer, idle, full } = this.to.patience
    const isStalled = this.fullAt > 0 && now - this.fullAt > full
    if (this.endedAt > 0) {
      if (now - this.endedAt > lingering && (this.fullAt === 0 || isStalled)) this.close()
      return false
    }
    if (this.leavingAt > 0 && now - this.leavingAt > lingering && this.fullAt === 0) {
      this.reject("")
      return false
    }
    const isAsking = this.askedAt > 0
    const hasSentNothing = now - this.lastAt > (this.server === undefined ? first : idle)
    const isLate = isAsking && now - this.askedAt > answer
    if (!isStalled && !hasSentNothing && !isLate) return false
    this.reject(isAsking ? this.to.tooSlow : undefined)
    return isStalled || isAsking || this.server === undefined
  }

  private closeAfterResponse(): void {
    this.leavingAt = this.to.now()
  }

  /** Ends it with a last word, and lets the client hear that before it is cut off. */
  reject(saying: string | undefined): void {
    if (this.endedAt > 0) return
    this.endedAt = this.to.now()
    this.server?.destroy()
    if (saying === undefined || this.fullAt > 0) this.close()
    else {
      this.client.end(saying, "latin1")
      this.client.on("data", () => {})
      this.client.resume()
    }
  }

  /** Ends it at once. */
  close(): void {
    this.client.destroy()
    this.server?.destroy()
  }

  private hand(first: Buffer): void {
    const { client, to } = this
    if (this.endedAt > 0) return
    this.asked()
    client.pause()
    const server = connect({ port: to.port(), host: "127.0.0.1", noDelay: true, allowHalfOpen: true })
    this.server = server
    let port = 0
    server.once("connect", () => {
      if (this.endedAt > 0) return
      port = server.localPort ?? 0
      to.ports.add(port, {
        address: client.remoteAddress ?? "",
        closeAfterResponse: () => this.closeAfterResponse()
      })
      this.handOn(server, this.askedNow(first))
      client.on("data", (data: Buffer) => {
        if (this.endedAt > 0) return
        this.handOn(server, this.askedNow(data))
      })
      this.readOn()
      this.endServer()
    })
    server.on("drain", () => this.readOn())
    server.on("data", (data: Buffer) => {
      this.askedAt = 0
      this.lastAt = to.now()
      if (!client.write(data)) {
        if (this.fullAt === 0) this.fullAt = to.now()
        server.pause()
      }
      this.answered(server, data)
    })
    client.on("drain", () => {
      this.fullAt = 0
      this.lastAt = to.now()
      server.resume()
    })
    server.once("end", () => {
      if (this.endedAt > 0) return
      this.endedAt = to.now()
      client.end()
      server.end()
    })
    server.on("error", () => {})
    server.on("close", (hadError) => {
      to.ports.end(port, to.now())
      if (hadError && this.endedAt === 0) client.destroy()
    })
  }

  /** What of the client's bytes the server may have now. */
  private askedNow(data: Buffer): Buffer | undefined {
    this.asked()
    return this.turns === undefined ? data : this.turns.asks(data)
  }

  /** An answer may be what the client's next request has waited for. */
  private answered(server: Socket, data: Buffer): void {
    if (this.turns === undefined || this.endedAt > 0) return
    const wasHolding = this.turns.isBuffering
    const next = this.turns.answers(data)
    if (!wasHolding) return
    if (next !== undefined) this.asked()
    if (this.handOn(server, next)) this.readOn()
    this.endServer()
  }

  /** Writes to the server; false when it takes no more for now. */
  private handOn(server: Socket, data: Buffer | undefined): boolean {
    const takesMore = data === undefined || server.write(data)
    if (!takesMore || this.turns?.isBuffering === true) this.client.pause()
    return takesMore
  }

  private readOn(): void {
    if (this.turns?.isBuffering !== true) this.client.resume()
  }

  private asked(): void {
    const now = this.to.now()
    if (this.askedAt === 0) this.askedAt = now
    this.lastAt = now
  }

  private over(): void {
    this.server?.destroy()
    this.to.left(this)
  }
}
