/** `POST /api/v1/edge/lines`: signed lines are pushed as they are; everything else is refused with its reason, and counted. */
import { describe, expect, test } from "bun:test"
import { gzipSync } from "node:zlib"
import { Topic } from "../../../contracts/ids.ts"
import { encode, maxMessageBytes } from "../../../contracts/messages/msgpack.ts"
import { readPushedReply, writePushedLines } from "../../../contracts/messages/pushed-lines.ts"
import { maxPushedLines } from "../../../gateway/edge/check-lines.ts"
import { signBody } from "../../../gateway/edge/signature.ts"
import { arrivedAt, refusalIn, testGateway } from "../gateway-for-tests.ts"
import { guardedGateway } from "../guarded-gateway.ts"
import { edgeGateway, failureOf, linesOf, secret } from "./gateway.ts"

const seconds = arrivedAt / 1000
const allBytes = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i))

describe("signed lines", () => {
  test("are pushed byte for byte, also invalid ones, and answered when the queue has them", async () => {
    const { post, pushed } = edgeGateway()
    const lines = linesOf(
      "203.0.113.9 1795206900123 shop.example pod-1 /t/buy item=42 curl/8",
      allBytes,
      "",
      "no line"
    )
    const response = await post(lines)
    expect(response.status).toBe(200)
    expect(response.headers.get("content-type")).toBe("application/msgpack")
    expect(response.headers.get("cache-control")).toBe("no-store")
    expect(readPushedReply(await response.bytes(), lines)).toEqual({ id: lines.id, count: 4 })
    expect(pushed).toEqual([lines])
  })

  test("may be compressed: the signature is that of the message", async () => {
    const { gateway, pushed } = edgeGateway()
    const lines = linesOf("a", "b")
    const message = writePushedLines(lines)
    const response = await gateway.ask("/api/v1/edge/lines", {
      method: "POST",
      body: gzipSync(message),
      headers: { "content-encoding": "gzip", "spoor-signature": signBody(secret, seconds, message) }
    })
    expect(response.status).toBe(200)
    expect(pushed).toEqual([lines])
  })

  test("are accepted with each of the secrets of the moment, and with no other", async () => {
    const { post, state, pushed } = edgeGateway()
    state.secrets = ["a-new-secret-of-edges", secret]
    expect((await post(linesOf("a"))).status).toBe(200)
    expect(
      (await post(linesOf("b"), (body) => signBody("a-new-secret-of-edges", seconds, body))).status
    ).toBe(200)
    state.secrets = ["a-new-secret-of-edges"]
    expect((await post(linesOf("c"))).status).toBe(401)
    expect(pushed.length).toBe(2)
  })

  test("need no write key", async () => {
    const { ask } = guardedGateway({ keys: "12345678" })
    expect((await ask("/t/x")).status).toBe(401)
    // Without the endpoint the path is an event, which only GET may be.
    expect((await ask("/api/v1/edge/lines", { method: "POST", body: "x" })).status).toBe(405)
  })
})

describe("a request is refused with 401 and counted", () => {
  const lines = linesOf("a")
  const message = writePushedLines(lines)
  const valid = signBody(secret, seconds, message)
  const cases: ReadonlyArray<readonly [what: string, signature: string | null]> = [
    ["without a signature", null],
    ["with an empty signature", ""],
    ["with a signature in another form", valid.replace("v1=", "v2=")],
    ["with a code that is too short", valid.slice(0, -2)],
    ["with another secret", signBody("another-secret-of-edges", seconds, message)],
    ["with the signature of another body", signBody(secret, seconds, writePushedLines(linesOf("a")))],
    ["with another time than was signed", valid.replace(`t=${seconds}`, `t=${seconds - 1}`)],
    ["with a signature of 301 seconds ago", signBody(secret, seconds - 301, message)],
    ["with a signature from 301 seconds ahead", signBody(secret, seconds + 301, message)]
  ]
  for (const [what, signature] of cases)
    test(what, async () => {
      const { post, pushed, state, gateway } = edgeGateway()
      const response = await post(message, signature)
      expect(response.headers.get("www-authenticate")).toBe("Spoor-Signature")
      expect(response.headers.get("access-control-allow-origin")).toBeNull()
      expect(await refusalIn(response)).toMatchObject({ status: 401, error: "unauthorized" })
      expect(pushed).toEqual([])
      expect(state.unsigned).toBe(1)
      expect(gateway.lines).toEqual([])
    })

  test("but not one of 300 seconds ago, or from 300 seconds ahead", async () => {
    const { post, pushed } = edgeGateway()
    for (const at of [seconds - 300, seconds + 300])
      expect((await post(lines, (body) => signBody(secret, at, body))).status).toBe(200)
    expect(pushed.length).toBe(2)
  })
})

describe("a signed request is refused", () => {
  const refusal = async (body: Parameters<ReturnType<typeof edgeGateway>["post"]>[0]) => {
    const { post, pushed } = edgeGateway()
    const answer = await refusalIn(await post(body))
    expect(pushed).toEqual([])
    return answer
  }

  test("with 413 above a limit of size or number", async () => {
    expect(await refusal(linesOf("x".repeat(maxMessageBytes)))).toMatchObject({ status: 413 })
    const many = linesOf(...Array.from({ length: maxPushedLines + 1 }, () => "x"))
    expect(await refusal(many)).toMatchObject({ status: 413, message: expect.stringContaining("5001 lines") })
  })

  test("with 400 for another message, another format, or another default topic", async () => {
    const { id } = linesOf()
    for (const message of [
      { v: 3, id, lines: [] },
      { v: 2, id: "short", lines: [] },
      { v: 2, id, lines: ["text"] },
      []
    ])
      expect(await refusal(encode(message))).toMatchObject({ status: 400, error: "bad-request" })
    expect(await refusal(new Uint8Array([0xc1]))).toMatchObject({ status: 400 })
    expect(await refusal({ ...linesOf("a"), defaultTopic: Topic.make("clicks") })).toMatchObject({
      status: 400,
      message: expect.stringContaining("KAFKA_TOPIC of the centre is events")
    })
  })

  test("with 503 and Retry-After while the queue is full or unavailable, without naming it", async () => {
    for (const reason of ["busy", "unavailable", "timeout", "expired"] as const) {
      const { post, state } = edgeGateway()
      state.failure = failureOf(reason)
      const response = await post(linesOf("a"))
      expect(response.headers.get("retry-after")).toBe("1")
      const { status, error, message } = await refusalIn(response)
      expect([status, error]).toEqual([503, reason === "busy" ? "busy" : "unavailable"])
      expect(message).not.toContain("10.1.2.3")
    }
  })
})

test("without a secret there is no endpoint: nothing is pushed", async () => {
  const { ask, lines } = testGateway()
  const response = await ask("/api/v1/edge/lines", {
    method: "POST",
    body: writePushedLines(linesOf("a")) as BodyInit
  })
  expect(response.status).toBe(405)
  expect(lines).toEqual([])
})
