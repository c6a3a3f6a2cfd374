/**
 * A WebSocket to NATS for the client library, on every runtime. It differs from the runtime's in what a half-open
 * connection needs: `close` ends it within a second also when the other side does not answer, and nothing waits until
 * buffered bytes have left. It names the reason of an error, and opens TLS with own authorities and a client certificate.
 * Lives until it is closed.
 */
import type { TlsFiles } from "../../tls-files.ts"

/** How long a close waits for the answer of the other side, milliseconds. */
const closeTimeoutMs = 1_000

/** The status of an intended close; without one, Bun reports the server's answer as an error. */
const normalClosure = 1_000

const openOf = "Deno" in globalThis ? import("./web-socket.deno.ts") : import("./web-socket.bun.ts")

/**
 * Opens a WebSocket; the promise does not wait for the connection. `onFailed` gets the reason why it could not be opened:
 * the library loses it.
 */
export const openWebSocket = async (
  url: string,
  tls: TlsFiles | undefined,
  onFailed: (reason: string) => void
): Promise<WebSocket> => {
  const { openSocket } = await openOf
  // The library uses only what the class has.
  return new NatsSocket(openSocket(url, tls), onFailed) as unknown as WebSocket
}

interface Closed {
  readonly wasClean: boolean
  /** Why it was lost; empty when it was closed as intended. */
  readonly reason: string
}

type Handler<Event> = ((event: Event) => void) | null

class NatsSocket {
  onopen: Handler<Event> = null
  onmessage: Handler<MessageEvent> = null
  onerror: Handler<{ readonly message: string }> = null
  onclose: Handler<Closed> = null
  /** The library would wait on a stale connection until this is 0; a close sends what is buffered first. */
  readonly bufferedAmount = 0
  private readonly socket: WebSocket
  private reason = ""
  private isOpen = false
  private isClosing = false
  private isEnded = false

  private readonly onFailed: (reason: string) => void

  constructor(socket: WebSocket, onFailed: (reason: string) => void) {
    this.socket = socket
    this.onFailed = onFailed
    socket.binaryType = "arraybuffer"
    socket.onopen = (event) => {
      this.isOpen = true
      this.onopen?.(event)
    }
    socket.onmessage = (event) => this.onmessage?.(event)
    socket.onerror = (event) => {
      this.reason = reasonOf(event)
    }
    socket.onclose = ({ code, reason }) => this.end(code === normalClosure, reason || this.reason)
  }

  get binaryType(): BinaryType {
    return this.socket.binaryType
  }

  /** It is always "arraybuffer", which the library sets. */
  set binaryType(type: BinaryType) {
    this.socket.binaryType = type
  }

  send(data: ArrayBuffer): void {
    this.socket.send(data)
  }

  close(): void {
    if (this.isClosing) return
    this.isClosing = true
    this.socket.close(normalClosure)
    setTimeout(() => {
      if (this.isEnded) return
      const { terminate } = this.socket as { readonly terminate?: () => void }
      terminate?.call(this.socket)
      this.end(false, this.reason)
    }, closeTimeoutMs)
  }

  /**
   * The library ends an attempt at once only for an error, and keeps the reason of a loss only of a close. A close waits a
   * turn: the library parses messages a little later, and the last one may be the reason of the server.
   */
  private end(wasClean: boolean, reason: string): void {
    if (this.isEnded) return
    this.isEnded = true
    if (this.isOpen || this.isClosing) {
      const closed = { wasClean: wasClean || this.isClosing, reason: reason || lost }
      setTimeout(() => this.onclose?.(closed))
      return
    }
    this.onFailed(reason || lost)
    this.onerror?.({ message: reason || lost })
  }
}

const lost = "the connection was lost"

/** Bun repeats the address, which the caller names. */
const reasonOf = (event: Event): string => {
  const message = "message" in event && typeof event.message === "string" ? event.message : ""
  return (
    message.replace(/^WebSocket connection to '[^']*' failed: /, "").replace(/^NetworkError: /, "") || lost
  )
}
