/** The live socket of people who mean harm: too many of them, and frames that are too large; others go on watching. */
import { afterEach, expect, test } from "bun:test"
import { liveFeed } from "../../../actors/viewer/live-feed.ts"
import { maxClients } from "../../../actors/viewer/live-socket.ts"
import { bytesOf } from "../../../contracts/event.ts"
import { type Server, serve } from "../../../gateway/serve.ts"
import { eventually } from "../../support/eventually.ts"
import { viewer } from "./asking.ts"

const started: Array<Server> = []
afterEach(async () => {
  for (const server of started.splice(0)) await server.close()
})

const start = async () => {
  const feed = liveFeed()
  const server = await serve({ port: 0, hostname: "127.0.0.1", ...viewer({ feed }) })
  started.push(server)
  const open = () => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/live`)
    const heard: Array<string> = []
    socket.onmessage = ({ data }) => heard.push(String(data))
    const code = new Promise<number>((resolve) => {
      socket.onclose = (event) => resolve(event.code)
    })
    return { socket, heard, code }
  }
  const add = (value: string): void =>
    feed.add([
      {
        stage: "stored",
        times: {},
        topic: "events",
        partition: 0,
        offset: "0",
        timestamp: 0,
        id: "",
        value: bytesOf(value)
      }
    ])
  return { feed, open, add }
}

test("as many may watch as there may be, one more is told to come later, and the others go on", async () => {
  const { feed, open, add } = await start()
  const watching = Array.from({ length: maxClients }, open)
  await eventually("all watch", () => feed.watchers() === maxClients)
  expect(await open().code).toBe(1013)
  add("app_open type=Desktop a")
  await eventually("all are told", () => watching.every(({ heard }) => heard.join("").includes("app_open")))
  watching[0]?.socket.close()
  await eventually("one has left", () => feed.watchers() === maxClients - 1)
  const next = open()
  await eventually("the next is told", () => next.heard.length > 0)
})

test("a frame of a megabyte ends its own socket alone", async () => {
  const { feed, open, add } = await start()
  const [other, one] = [open(), open()]
  await eventually("both watch", () => feed.watchers() === 2)
  one.socket.send("x".repeat(1024 * 1024))
  expect([1009, 1006]).toContain(await one.code)
  await eventually("one is left", () => feed.watchers() === 1)
  add("app_open type=Desktop <script>")
  await eventually("the other is told", () => other.heard.join("").includes("app_open"))
})
