/**
 * Clients that never finish: some send nothing, some send a byte per second of a request line, a header or a body. They
 * live from `startSlowClients` until the gateway closes them, or `stop`.
 */
import { connect, type Socket } from "node:net"

export interface SlowClients {
  /** The number of clients that are still connected. */
  readonly open: () => number
  /** Responses that such a client must not get, as sentences. */
  readonly problems: () => ReadonlyArray<string>
  readonly stop: () => void
}

/** The first bytes of each kind of client. */
const prefixes = [
  "",
  "GET /t/slow HT",
  "GET /t/slow?a=1 HTTP/1.1\r\nHost: h\r\nX-Slow: ",
  "POST /t/slow HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n",
  "POST /t/slow HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n"
]
const clientsPerPrefix = 60
const byteIntervalMs = 1_000

export const startSlowClients = (port: number): SlowClients => {
  const open = new Set<Socket>()
  const problems: Array<string> = []
  for (const prefix of prefixes.flatMap((text) => Array.from({ length: clientsPerPrefix }, () => text))) {
    const socket = connect(port, "127.0.0.1", () => socket.write(prefix))
    const timer = setInterval(() => {
      if (prefix !== "") socket.write("x")
    }, byteIntervalMs)
    open.add(socket)
    socket.on("data", (data) => {
      const received = data.toString("latin1")
      if (!/^HTTP\/1.1 (408|400|505) /.test(received))
        problems.push(`a client that never finished got ${received.slice(0, 200)}`)
    })
    socket.on("error", () => {})
    socket.on("close", () => {
      clearInterval(timer)
      open.delete(socket)
    })
  }
  return {
    open: () => open.size,
    problems: () => problems,
    stop: () => {
      for (const socket of open) socket.destroy()
    }
  }
}
