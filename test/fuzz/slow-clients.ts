/**
 * Clients that never finish: some say nothing, some send a byte a second of a request line, a header or a body. They are
 * there from `startSlow` until the gateway closes them, or `stop`.
 */
import { connect, type Socket } from "node:net"

export interface Slow {
  /** How many are still connected. */
  readonly open: () => number
  /** Answers that such a client must not get, in words. */
  readonly wrong: () => ReadonlyArray<string>
  readonly stop: () => void
}

/** What they begin with. */
const beginnings = [
  "",
  "GET /t/slow HT",
  "GET /t/slow?a=1 HTTP/1.1\r\nHost: h\r\nX-Slow: ",
  "POST /t/slow HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n",
  "POST /t/slow HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n"
]
const ofEach = 60
/** Milliseconds between two bytes. */
const pause = 1_000

export const startSlow = (port: number): Slow => {
  const open = new Set<Socket>()
  const wrong: Array<string> = []
  for (const beginning of beginnings.flatMap((text) => Array.from({ length: ofEach }, () => text))) {
    const socket = connect(port, "127.0.0.1", () => socket.write(beginning))
    const timer = setInterval(() => {
      if (beginning !== "") socket.write("x")
    }, pause)
    open.add(socket)
    socket.on("data", (data) => {
      const said = data.toString("latin1")
      if (!/^HTTP\/1.1 (408|400|505) /.test(said))
        wrong.push(`a client that never finished was told ${said.slice(0, 200)}`)
    })
    socket.on("error", () => {})
    socket.on("close", () => {
      clearInterval(timer)
      open.delete(socket)
    })
  }
  return {
    open: () => open.size,
    wrong: () => wrong,
    stop: () => {
      for (const socket of open) socket.destroy()
    }
  }
}
