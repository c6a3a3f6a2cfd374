/** A request at a socket, byte for byte, and its whole response. */
import { connect } from "node:net"
import type { Case } from "./http-cases.ts"

/** The whole response as text; bodies shorter than announced stay incomplete. */
export const ask = (port: number, { method = "GET", target, headers = {}, body }: Case): Promise<string> =>
  new Promise((resolve) => {
    const sent = Buffer.from(body ?? "")
    const all = {
      host: "h",
      connection: "close",
      "user-agent": "ua",
      ...(body === undefined ? {} : { "content-length": String(sent.byteLength) }),
      ...headers
    }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
    let received = ""
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`)
      socket.write(sent)
    })
    socket.on("data", (data) => {
      received += data.toString("latin1")
      // The error for a body that never ends: complete, whichever side closes the connection.
      if (/^HTTP\/1.1 408[\s\S]*\r\n\r\n.*\}/.test(received)) socket.destroy()
    })
    socket.on("error", () => {})
    socket.on("close", () => resolve(received))
  })
