/** GET /live as server-sent events, over real connections. */
import { afterEach, expect, test } from "bun:test"
import { connect, type Socket } from "node:net"
import { noMask } from "../../../../actors/inspect/events/mask.ts"
import type { ViewerOptions } from "../../../../actors/viewer/app.ts"
import { credentials } from "../../../../actors/viewer/auth/credentials.ts"
import { maxConnections } from "../../../../actors/viewer/live/connection-limit.ts"
import { liveFeed, standardLimits } from "../../../../actors/viewer/live/feed.ts"
import { eventually } from "../../../support/eventually.ts"
import { type Started, type Stream, startViewer, stream } from "../watching.ts"

const started: Array<Started> = []
const open: Array<Stream | Socket> = []
afterEach(async () => {
  for (const one of open.splice(0)) {
    if ("leave" in one) one.leave()
    else one.destroy()
  }
  for (const { server } of started.splice(0)) await server.close()
})
const start = async (options: Partial<ViewerOptions> = {}): Promise<Started> => {
  const viewer = await startViewer(options)
  started.push(viewer)
  return viewer
}
const read = async (...request: Parameters<typeof stream>): Promise<Stream> => {
  const one = await stream(...request)
  open.push(one)
  return one
}

test("sends recent and new events that match the query", async () => {
  const { url, add, feed } = await start()
  add("buy type=Desktop&country=DE n=1", "open type=Desktop n=2")
  const { answer, events, messages } = await read(url, "?type=%3Dbuy&param=n")
  expect(answer.headers.get("content-type")).toBe("text/event-stream")
  expect(answer.headers.get("cache-control")).toBe("no-store")
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff")
  await eventually("what was there", () => events().length === 1)
  add("open type=Desktop n=3", "buy type=Desktop n=%0A%0Adata:%20x")
  await eventually("what comes", () => events().length === 2)
  expect(events()[1]?.params).toEqual([["n", "\n\ndata: x"]])
  expect(messages.at(-1)).toMatchObject({ total: 4, sample: 1, dropped: 0 })
  expect(feed.subscribers()).toBe(1)
})

test("ends when its client disconnects, and with the viewer", async () => {
  const { url, feed, end, add } = await start()
  const [one, other] = [await read(url), await read(url)]
  await eventually("both watch", () => feed.subscribers() === 2)
  one.leave()
  await eventually("one has left", () => {
    add("more type=Desktop a")
    return feed.subscribers() === 1
  })
  end()
  await other.ended
  expect(feed.subscribers()).toBe(0)
  expect((await fetch(`${url}/live`)).status).toBe(503)
})

test("needs credentials, and refuses an invalid filter", async () => {
  const auth = credentials({ token: "t-1" })
  const { url } = await start({ auth })
  expect((await read(url)).answer.status).toBe(401)
  const authorization = "Bearer t-1"
  expect((await read(url, "", { authorization })).answer.status).toBe(200)
  expect((await read(url, "?stage=sent", { authorization })).answer.status).toBe(400)
  expect((await read(url, `?text=${"x".repeat(1_001)}`, { authorization })).answer.status).toBe(400)
  for (const foreign of [{ origin: "http://evil.example" }, { "sec-fetch-site": "cross-site" }]) {
    expect((await read(url, "", { authorization, ...foreign })).answer.status).toBe(401)
  }
})

test("answers HEAD without using a connection", async () => {
  const { url, feed } = await start()
  for (let n = 0; n < maxConnections + 1; n++) {
    const answer = await fetch(`${url}/live`, { method: "HEAD" })
    expect(answer.status).toBe(200)
  }
  await eventually("nobody watches", () => feed.subscribers() === 0)
})

test("sends little to a client that does not read, and delays nobody", async () => {
  const feed = liveFeed(noMask, { ...standardLimits, intervalMs: 10, maxPerSubscriber: 10_000 })
  const { url, server, add } = await start({ feed })
  let received = 0
  let end = ""
  const silent = connect(server.port, "127.0.0.1", () => {
    silent.write(`GET /live HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`)
  })
  silent.on("error", () => {})
  silent.once("data", () => silent.pause())
  open.push(silent)
  const other = await read(url)
  await eventually("both watch", () => feed.subscribers() === 2)
  let added = 0
  await eventually(
    "far more was sent than is queued",
    () => {
      add(...Array.from({ length: 20 }, () => `long type=Desktop n=${added++}&x=${"x".repeat(10_000)}`))
      return other.events().reduce((sum, { raw }) => sum + raw.length, 0) > 64 * 1024 * 1024
    },
    50_000
  )
  silent.on("data", (data) => {
    received += data.length
    end = (end + data.toString("latin1")).slice(-200_000)
  })
  silent.resume()
  await eventually("it goes on where it left off", () => {
    add("last type=Desktop a")
    return end.includes('"type":"last"')
  })
  expect(received).toBeLessThan(32 * 1024 * 1024)
}, 60_000)
