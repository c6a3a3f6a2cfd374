/** A WebSocket client that stops reading, over a real connection: how much is buffered, and whether it is closed. */
import { connect } from "node:net"
import { serve } from "../../../gateway/http/serve.ts"
import type { Socket } from "../../../gateway/http/server-types.ts"
import { eventually } from "../../support/eventually.ts"

export interface Stalled {
  /** The maximum that was buffered, bytes. */
  readonly most: number
  /** Whether more was accepted at that point. */
  readonly isTakenAfter: boolean
}

const connectionGuard = {
  maxConnections: undefined,
  requestTimeoutMs: 5_000,
  countRefused: () => {},
  timeouts: { idleMs: 1_000, stalledReaderMs: 1_000 }
}

/** Rejects when the socket is never closed. */
export const stalledReader = async (): Promise<Stalled> => {
  let stalled: Socket | undefined
  let isClosed = false
  const server = await serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (_, client) => client.upgrade() ?? new Response(),
    // Deno's own server would wait for it; its connection guard does not, with shorter timeouts here.
    ...("Deno" in globalThis ? { connectionGuard } : {}),
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
  // More than the system's buffers.
  for (let sent = 0; sent < 1_000 && !isClosed; sent++) {
    socket.send(text)
    most = Math.max(most, socket.buffered())
    if (sent % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const isTakenAfter = socket.send(text)
  await eventually("it is closed", () => isClosed)
  client.destroy()
  await server.close()
  return { most, isTakenAfter }
}

if (import.meta.main) process.stdout.write(JSON.stringify(await stalledReader()))
