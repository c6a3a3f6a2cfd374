/**
 * The WebSocket of the live list: opened with a ticket and reconnected with back-off until it is closed. Each filter
 * gets a socket of its own, so that no event of the filter before can arrive late.
 */
import type { Filter, LiveMessage, LiveOrder } from "../../inspect/events/messages.ts"
import { messageOf } from "./format.ts"
import { getTicket } from "./viewer-api.ts"

export type ConnectionState = "connecting" | "open" | "lost"

export interface LiveConnectionOptions {
  readonly onMessage: (message: LiveMessage) => void
  /** The reason is a sentence, empty unless the connection is lost. */
  readonly onState: (state: ConnectionState, reason: string) => void
}

export interface LiveConnection {
  /** Connects, and receives events of this filter from now on. */
  readonly watch: (filter: Filter) => void
  readonly pause: (isPaused: boolean) => void
  readonly close: () => void
}

const maxDelayMs = 10_000

/** Exponential back-off with jitter, milliseconds. */
const delayOf = (attempts: number): number =>
  Math.min(maxDelayMs, 300 * 2 ** attempts) * (0.7 + 0.6 * Math.random())

const addressOf = (ticket: string): URL => {
  const address = new URL("/live", location.href)
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:"
  address.searchParams.set("ticket", ticket)
  return address
}

const send = (socket: WebSocket | undefined, order: LiveOrder): void => {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(order))
}

/** Closes a socket. One that is connecting is closed when it is open, since browsers warn otherwise. */
const closeSocket = (socket: WebSocket): void => {
  socket.onmessage = null
  socket.onclose = null
  if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close()
  else socket.close()
}

/** Calls `reconnect` when the browser is online again or the page becomes visible. */
const wakeUps = (reconnect: () => void) => ({
  listen: (): void => {
    addEventListener("online", reconnect)
    document.addEventListener("visibilitychange", reconnect)
  },
  ignore: (): void => {
    removeEventListener("online", reconnect)
    document.removeEventListener("visibilitychange", reconnect)
  }
})

class Connection implements LiveConnection {
  readonly #options: LiveConnectionOptions
  readonly #wakeUps = wakeUps(() => this.#reconnectNow())
  #filter: Filter = {}
  #isPaused = false
  #isWatching = false
  #socket: WebSocket | undefined
  #attempts = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The number of the current attempt: results of earlier ones are ignored. */
  #current = 0

  constructor(options: LiveConnectionOptions) {
    this.#options = options
  }

  watch(filter: Filter): void {
    this.#filter = filter
    this.#isWatching = true
    this.#wakeUps.listen()
    void this.#connect()
  }

  pause(isPaused: boolean): void {
    this.#isPaused = isPaused
    send(this.#socket, isPaused ? { pause: true } : { resume: true })
  }

  close(): void {
    this.#isWatching = false
    this.#wakeUps.ignore()
    this.#disconnect()
  }

  #disconnect(): void {
    this.#current += 1
    clearTimeout(this.#timer)
    if (this.#socket !== undefined) closeSocket(this.#socket)
    this.#socket = undefined
  }

  #lose(reason: string): void {
    this.#attempts += 1
    this.#options.onState("lost", reason)
    this.#timer = setTimeout(() => void this.#connect(), delayOf(this.#attempts))
  }

  #reconnectNow(): void {
    const isOpen = this.#socket?.readyState === WebSocket.OPEN
    if (this.#isWatching && !isOpen && !document.hidden) void this.#connect()
  }

  async #connect(): Promise<void> {
    this.#disconnect()
    const attempt = this.#current
    this.#options.onState("connecting", "")
    try {
      const ticket = await getTicket()
      if (attempt === this.#current) this.#open(ticket)
    } catch (error) {
      if (attempt === this.#current) this.#lose(messageOf(error))
    }
  }

  #open(ticket: string): void {
    const socket = new WebSocket(addressOf(ticket))
    this.#socket = socket
    socket.onopen = () => {
      this.#attempts = 0
      send(socket, { watch: this.#filter })
      if (this.#isPaused) send(socket, { pause: true })
      this.#options.onState("open", "")
    }
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      const message: LiveMessage = JSON.parse(data)
      this.#options.onMessage(message)
    }
    socket.onclose = ({ reason }) => this.#lose(reason || "The connection was lost.")
  }
}

/** A connection that is not open yet. */
export const liveConnection = (options: LiveConnectionOptions): LiveConnection => new Connection(options)
