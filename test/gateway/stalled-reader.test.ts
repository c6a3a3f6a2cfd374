/** A WebSocket client that stops reading, over a real connection: what waits for it is seen and bounded. */
import { expect, test } from "bun:test"
import { connect } from "node:net"
import { maxBufferedBytes, type Socket, serve } from "../../gateway/serve.ts"
import { eventually } from "../support/eventually.ts"

test("a client that does not read is seen to lag, and is closed before much waits for it", async () => {
  let stalled: Socket | undefined
  let isClosed = false
  const server = await serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (_, client) => client.upgrade() ?? new Response(),
    socket: {
      open: (socket) => {
        stalled = socket
      },
      message: () => {},
      close: () => {
        isClosed = true
      }
    }
  })
  const client = connect(server.port, "127.0.0.1", () => {
    client.pause()
    client.write(
      "GET /live HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
  })
  client.on("error", () => {})
  const socket = await eventually("the socket is open", () => stalled)
  const text = "x".repeat(64 * 1024)
  let most = 0
  // More than any buffer of the system holds.
  for (let sent = 0; sent < 1_000 && !isClosed; sent++) {
    socket.send(text)
    most = Math.max(most, socket.buffered())
    if (sent % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThan(2 * maxBufferedBytes)
  await eventually("it is closed", () => isClosed)
  client.destroy()
  await server.close()
})
