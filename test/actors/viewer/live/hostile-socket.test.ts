/** The live socket of people who mean harm: too many of them, and those who say too much; others go on watching. */
import { afterEach, expect, test } from "bun:test"
import { connect, type Socket } from "node:net"
import { noMask } from "../../../../actors/inspect/events/mask.ts"
import { maxClients } from "../../../../actors/viewer/live/connection-limit.ts"
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

test("as many may watch as there may be, one more is told to come later, and the others go on", async () => {
  const { url, feed, add } = await start()
  const open = async () => watch(url, await ticketOf(url), all)
  const watching = await Promise.all(Array.from({ length: maxClients }, open))
  await eventually("all watch", () => feed.watchers() === maxClients)
  const more = await open()
  expect(await more.closed).toBe(1013)
  add("app_open type=Desktop a")
  await eventually("all are told", () => watching.every(({ events }) => events().length === 1))
  watching[0]?.socket.close()
  await eventually("one has left", () => feed.watchers() === maxClients - 1)
  const next = await open()
  await eventually("the next is told", () => next.heard.length > 0)
})

test("a frame of a megabyte ends its own socket alone", async () => {
  const { url, feed, add } = await start()
  const other = watch(url, await ticketOf(url), all)
  const one = watch(url, await ticketOf(url), all)
  await eventually("both watch", () => feed.watchers() === 2)
  one.socket.send("x".repeat(1024 * 1024))
  expect([1009, 1006]).toContain(await one.closed)
  await eventually("one is left", () => feed.watchers() === 1)
  add("app_open type=Desktop <script>")
  await eventually("the other is told", () => other.events().length === 1)
})

test("what is no order ends the socket that said it", async () => {
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
  await eventually("the other watches", () => other.heard.length > 0 && feed.watchers() === 1)
})

test("whoever orders without end is let go", async () => {
  const { url, feed } = await start()
  const one = watch(url, await ticketOf(url), ...Array.from({ length: 50 }, () => all))
  expect(await one.closed).toBe(1008)
  await eventually("nobody watches", () => feed.watchers() === 0)
})

test("one who does not read holds little, and nobody else up", async () => {
  const quick = liveFeed(noMask, { ...standardLimits, interval: 10, perClient: 10_000 })
  const { url, server, feed, add } = await start({ feed: quick })
  const ticket = await ticketOf(url)
  const silent = connect(server.port, "127.0.0.1", () => {
    silent.write(
      `GET /live?ticket=${ticket} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`
    )
    // {"watch":{}} as a frame that is masked with zeros.
    silent.write(Buffer.concat([Buffer.from([0x81, 0x8c, 0, 0, 0, 0]), Buffer.from('{"watch":{}}')]))
    silent.once("readable", () => {})
  })
  silent.on("error", () => {})
  stalled.push(silent)
  const other = watch(url, await ticketOf(url), all)
  await eventually("both watch", () => feed.watchers() === 2)
  let added = 0
  await eventually("far more was told than may wait", () => {
    add(...Array.from({ length: 20 }, () => `long type=Desktop n=${added++}&x=${"x".repeat(5_000)}`))
    const told = other.events().reduce((sum, { raw }) => sum + raw.length, 0)
    return told > 16 * maxBufferedBytes
  })
  expect(feed.watchers()).toBe(2)
}, 60_000)
