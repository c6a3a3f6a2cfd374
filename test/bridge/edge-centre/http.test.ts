/** Pushes over HTTP: what each answer of the centre means for the edge. */
import { afterAll, expect, test } from "bun:test"
import { httpCentre } from "../../../bridge/edge-centre/http.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { newPushId } from "../../../contracts/messages/pushed-lines.ts"

let status = 200
let isEndless = false
const endless = (): ReadableStream<Uint8Array> =>
  new ReadableStream({
    pull: async (controller) => {
      await new Promise((resolve) => setImmediate(resolve))
      controller.enqueue(new Uint8Array(16_384))
    }
  })
const server = Bun.serve({
  port: 0,
  fetch: () =>
    isEndless
      ? new Response(endless(), { status })
      : Response.json({ error: "of-the-test", message: "Its own sentence." }, { status })
})
afterAll(() => server.stop(true))

const pushed = { id: newPushId(), lines: ["a"] as unknown as ReadonlyArray<ByteString> }

const answers: ReadonlyArray<readonly [status: number, reason: Failure["reason"], text: string]> = [
  [200, "unreadable", "MessagePack"],
  [301, "unavailable", "check that EDGE_CENTRE is the address of a gateway"],
  [400, "unreadable", "refuses the lines. Its own sentence."],
  [401, "unavailable", "set the same EDGE_SECRET on both sides"],
  [404, "unavailable", "set EDGE_SECRET at its gateway"],
  [413, "too-large", "proxies before it must accept bodies of 512 KiB"],
  [429, "busy", "raise RATE_LIMIT_PER_ADDRESS at its gateway"],
  [503, "busy", "has no room or no queue"]
]

test.each([...answers])("an answer with %d is %s", async (code, reason, text) => {
  status = code
  const failure = await httpCentre(new URL("/lines", server.url), () => ({}))
    .push(pushed, 10_000)
    .catch((cause: unknown) => cause)
  if (!(failure instanceof Failure)) throw new Error("The push did not fail.")
  expect([failure.reason, failure.message]).toEqual([reason, expect.stringContaining(text)])
})

test.each([200, 502])("an endless body with status %d ends the push before its timeout", async (code) => {
  status = code
  isEndless = true
  const failure = await httpCentre(new URL("/lines", server.url), () => ({}))
    .push(pushed, 60_000)
    .catch((cause: unknown) => cause)
  if (!(failure instanceof Failure)) throw new Error("The push did not fail.")
  expect([failure.reason, failure.message]).toEqual([
    code === 200 ? "unreadable" : "unavailable",
    expect.stringContaining("check that EDGE_CENTRE is the address of a gateway")
  ])
})
