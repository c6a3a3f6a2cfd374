/** Hostile clients of the live socket: too many, too large, too fast or too slow; other clients are not affected. */
import { afterEach, expect, test } from "bun:test"
import { connect, type Socket } from "node:net"
import { noMask } from "../../../../actors/inspect/events/mask.ts"
import { maxConnections } from "../../../../actors/viewer/live/connection-limit.ts"
import { liveFeed, standardLimits } from "../../../../actors/viewer/live/feed.ts"
import { maxBufferedBytes } from "../../../../gateway/http/server-types.ts"
import { eventually } from "../../../support/eventually.ts"
import { type Started, startViewer, ticketOf, watch } from "../watching.ts"

const started: Array<Started> = []
const stalled: Array<Socket> = []
afterEach(async () => {
  for (const socket of stalled.splice(0)) socket.destroy()
  for (const { server } of started.splice(0)) await server.close()
})
const start = async (options: Parameters<typeof startViewer>[0] = {}): Promise<Started> => {
  const viewer = await startViewer(options)
  started.push(viewer)
  return viewer
}
const all = { watch: {} }

test("above the connection limit one more is refused, and the others continue", async () => {
  const { url, feed, add } = await start()
  const open = async () => watch(url, await ticketOf(url), all)
  const watching = await Promise.all(Array.from({ length: maxConnections }, open))
  await eventually("all watch", () => feed.subscribers() === maxConnections)
  const more = await open()
  expect(await more.closed).toBe(1013)
  add("app_open type=Desktop a")
  await eventually("all have it", () => watching.every(({ events }) => events().length === 1))
  watching[0]?.socket.close()
  await eventually("one has left", () => feed.subscribers() === maxConnections - 1)
  const next = await open()
  await eventually("the next has a message", () => next.messages.length > 0)
})

test("a frame of a megabyte closes its own socket only", async () => {
  const { url, feed, add } = await start()
  const other = watch(url, await ticketOf(url), all)
  const one = watch(url, await ticketOf(url), all)
  await eventually("both watch", () => feed.subscribers() === 2)
  one.socket.send("x".repeat(1024 * 1024))
  expect([1009, 1006]).toContain(await one.closed)
  await eventually("one is left", () => feed.subscribers() === 1)
  add("app_open type=Desktop <script>")
  await eventually("the other has it", () => other.events().length === 1)
})

test("an invalid command closes its socket", async () => {
  const { url, feed } = await start()
  const other = watch(url, await ticketOf(url), all)
  for (const text of [
    "",
    "pause",
    "{",
    "null",
    "[]",
    "{}",
    '{"pause":1}',
    '{"watch":null}',
    '{"watch":{"tpye":"a"}}',
    `{"watch":{"text":"${"x".repeat(1_001)}"}}`
  ]) {
    const one = watch(url, await ticketOf(url))
    await one.opened
    one.socket.send(text)
    expect(await one.closed).toBe(1008)
  }
  const binary = watch(url, await ticketOf(url))
  await binary.opened
  binary.socket.send(new Uint8Array(4))
  expect(await binary.closed).toBe(1003)
  await eventually("the other watches", () => other.messages.length > 0 && feed.subscribers() === 1)
})

test("a client over the command rate is disconnected", async () => {
  const { url, feed } = await start()
  const one = watch(url, await ticketOf(url), ...Array.from({ length: 50 }, () => all))
  expect(await one.closed).toBe(1008)
  await eventually("nobody watches", () => feed.subscribers() === 0)
})

test("a client that does not read uses little memory and delays nobody", async () => {
  const quick = liveFeed(noMask, { ...standardLimits, intervalMs: 10, maxPerSubscriber: 10_000 })
  const { url, server, feed, add } = await start({ feed: quick })
  const ticket = await ticketOf(url)
  const silent = connect(server.port, "127.0.0.1", () => {
    silent.write(
      `GET /live?ticket=${ticket} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`
    )
    // {"watch":{}} as a frame with a mask of zeros.
    silent.write(Buffer.concat([Buffer.from([0x81, 0x8c, 0, 0, 0, 0]), Buffer.from('{"watch":{}}')]))
    silent.once("readable", () => {})
  })
  silent.on("error", () => {})
  stalled.push(silent)
  const other = watch(url, await ticketOf(url), all)
  await eventually("both watch", () => feed.subscribers() === 2)
  let added = 0
  await eventually("far more was sent than is queued", () => {
    add(...Array.from({ length: 20 }, () => `long type=Desktop n=${added++}&x=${"x".repeat(5_000)}`))
    const sent = other.events().reduce((sum, { raw }) => sum + raw.length, 0)
    return sent > 16 * maxBufferedBytes
  })
  expect(feed.subscribers()).toBe(2)
}, 60_000)
