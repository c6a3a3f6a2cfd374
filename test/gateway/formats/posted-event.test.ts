/** One event per request with a body: POST /t/<event> and the beacon. */
import { describe, expect, test } from "bun:test"
import { gzipSync } from "node:zlib"
import type { ByteString } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { eventType } from "../../../contracts/wire/record.ts"
import { arrivedAt, lineStart, refusalIn, testGateway } from "../gateway-for-tests.ts"

const form = "application/x-www-form-urlencoded"
const parts = (more = ""): string =>
  `--x\r\nContent-Disposition: form-data; name="page"${more}\r\n\r\n/home\r\n--x--\r\n`

describe("POST /t/<event>", () => {
  test("has the members of a JSON object as parameters", async () => {
    const { post, lines } = testGateway()
    const answer = await post(
      "/t/app_open",
      { deviceid: "abcdf", ts: 123456, cart: { items: ["a b"] }, gone: null },
      { headers: { "user-agent": "curl/7.88.1" } }
    )
    expect(answer.status).toBe(200)
    expect(answer.headers.get("access-control-allow-origin")).toBe("*")
    expect(await answer.text()).toBe('{"status":"ok"}')
    expect(lines).toEqual([
      `${lineStart} /t/app_open deviceid=abcdf&ts=123456&cart[items][0]=a%20b&gone= curl/7.88.1`
    ])
  })

  test("keeps a form byte for byte", async () => {
    const { post, taken } = testGateway()
    await post("/t/x", "a=1&b=x+y%20z&a=2&c[]=3\r\n", { type: form })
    await post("/t/x", "ü=1", { type: `${form}; charset=UTF-8` })
    await post("/t/x", Uint8Array.of(0xfc, 0x3d, 0x31), { type: `${form}; charset=ISO-8859-1` })
    expect(taken()).toEqual(["/t/x a=1&b=x+y%20z&a=2&c[]=3", "/t/x Ã¼=1", "/t/x Ã¼=1"])
  })

  test("parses plain text, and a body without a Content-Type, by its content", async () => {
    const { post, taken } = testGateway()
    await post("/t/x", '{"a":1}', { type: "text/plain;charset=UTF-8" })
    await post("/t/x", '\ufeff \n{"a":1}')
    await post("/t/x", "a=1&b=2", { type: "text/plain" })
    expect(taken()).toEqual(["/t/x a=1", "/t/x a=1", "/t/x a=1&b=2"])
  })

  test("has the parameters of the query, of the body, or of both", async () => {
    const { post, taken } = testGateway()
    await post("/t/x", "")
    await post("/t/x?a=1", " \n", { type: "application/json" })
    await post("/t/x?a=1", { a: 2 })
    expect(taken()).toEqual(["/t/x e", "/t/x a=1", "/t/x a=1&a=2"])
  })

  test("accepts any name, and refuses a missing one", async () => {
    const { post, taken } = testGateway()
    for (const name of ["a/b", "__proto__", "x.gif", "a%20b"])
      expect((await post(`/t/${name}`, {})).status).toBe(200)
    expect(taken().map((line) => eventType(line.split(" ")[0] as ByteString) as string)).toEqual([
      "b",
      "__proto__",
      "x.gif",
      "a%20b"
    ])
    expect(await refusalIn(await post("/t/", {}))).toMatchObject({ status: 404, error: "not-found" })
    expect(taken()).toHaveLength(4)
  })

  test("decompresses a body", async () => {
    const { post, taken } = testGateway()
    const gzip = { "content-encoding": "gzip" }
    await post("/t/x", gzipSync('{"a":1}'), { type: "application/json", headers: gzip })
    await post("/t/x", gzipSync(""), { type: "application/json", headers: gzip })
    expect(taken()).toEqual(["/t/x a=1", "/t/x e"])
  })

  test("reads JSON in ISO-8859-1 when the Content-Type declares it", async () => {
    const { post, taken } = testGateway()
    const latin = Uint8Array.from('{"a":"ü"}', (char) => char.charCodeAt(0))
    await post("/t/x", latin, { type: 'application/json; charset="iso-8859-1"' })
    expect(taken()).toEqual(["/t/x a=%C3%BC"])
  })

  test("has the client's id as a parameter with the configured name", async () => {
    const headers = { "idempotency-key": "5f0c 1" }
    const { post, taken } = testGateway()
    await post("/t/x", { a: 1 }, { headers })
    await post("/t/x", "", { headers })
    expect(taken()).toEqual(["/t/x a=1&idempotency_key=5f0c%201", "/t/x idempotency_key=5f0c%201"])
    const renamed = testGateway({
      settings: { trustedProxies: "none", podName: undefined, eventIdParam: "event_id" }
    })
    await renamed.post("/t/x", { a: 1 }, { headers })
    expect(renamed.taken()).toEqual(["/t/x a=1&event_id=5f0c%201"])
  })

  const refused: ReadonlyArray<
    readonly [
      what: string,
      body: unknown,
      init: { type?: string; headers?: Record<string, string> },
      status: number
    ]
  > = [
    ["truncated JSON", '{"a":', { type: "application/json" }, 400],
    ["text after the JSON", "{} {}", { type: "application/json" }, 400],
    ["an array", [1], {}, 400],
    ["a JSON string", '"x"', { type: "application/json" }, 400],
    ["an array as plain text", "[1]", {}, 400],
    ["bytes that are not UTF-8", Uint8Array.of(0x7b, 0xff, 0x7d), { type: "application/json" }, 400],
    ["values nested too deeply", { a: { b: { c: { d: { e: { f: { g: { h: { i: 1 } } } } } } } } }, {}, 400],
    ["too many values", Object.fromEntries(Array.from({ length: 257 }, (_, i) => [i, i])), {}, 400],
    ["too many fields of a form", "a=1&".repeat(257), { type: form }, 400],
    ["an id that is too long", {}, { headers: { "idempotency-key": "x".repeat(256) } }, 400],
    ["a damaged compressed body", "x", { headers: { "content-encoding": "gzip" } }, 400],
    ["parameters over the limit", { a: "x".repeat(65_536) }, {}, 413],
    ["a form over the limit", `a=${"x".repeat(65_536)}`, { type: form }, 413],
    ["a body over the limit", " ".repeat(1024 * 1024 + 1), {}, 413],
    ["an unsupported type", "<a/>", { type: "application/xml" }, 415],
    ["a multipart body that is not a form", "--x--", { type: "multipart/mixed; boundary=x" }, 415],
    ["a file", parts("; filename=a"), { type: "multipart/form-data; boundary=x" }, 400],
    ["an unsupported charset", "{}", { type: "application/json; charset=utf-16" }, 415],
    ["a charset named like a property", "{}", { type: "application/json; charset=constructor" }, 415],
    ["a body that is compressed twice", "x", { headers: { "content-encoding": "gzip, gzip" } }, 415],
    ["an unsupported coding", "x", { headers: { "content-encoding": "compress" } }, 415]
  ]
  for (const [what, body, init, status] of refused) {
    test(`refuses ${what} with ${status}`, async () => {
      const { post, lines } = testGateway()
      const answer = await post("/t/x", body, init)
      expect(answer.headers.get("access-control-allow-origin")).toBe("*")
      expect(await refusalIn(answer)).toMatchObject({
        status,
        message: expect.stringMatching(/^.{10,200}\.$/)
      })
      expect(lines).toEqual([])
    })
  }

  test("is answered with 503 while the queue is unavailable", async () => {
    const { post } = testGateway({
      push: () => Promise.reject(new Failure({ reason: "unavailable", message: "redis is down" }))
    })
    const answer = await post("/t/x", {})
    expect(answer.headers.get("retry-after")).toBe("1")
    expect(await refusalIn(answer)).toMatchObject({ status: 503, error: "unavailable" })
  })
})

describe("/api/v1/beacon", () => {
  test("accepts an event of type beacon by POST, and answers without a body", async () => {
    const { post, lines } = testGateway()
    const answers = [
      await post("/api/v1/beacon?page=2", '{"a":1}', { type: "text/plain;charset=UTF-8" }),
      await post("/api/v1/beacon", '{"a":1}'),
      await post("/api/v1/beacon", "a=1", { type: form }),
      await post("/api/v1/beacon", parts(), { type: "multipart/form-data; boundary=x" })
    ]
    for (const answer of answers) {
      expect(answer.status).toBe(204)
      expect(await answer.text()).toBe("")
      expect(answer.headers.get("access-control-allow-origin")).toBe("*")
    }
    expect(lines).toEqual([
      `203.0.113.9 ${arrivedAt} trk.example.com nopod /api/v1/beacon page=2&a=1 `,
      `203.0.113.9 ${arrivedAt} trk.example.com nopod /api/v1/beacon a=1 `,
      `203.0.113.9 ${arrivedAt} trk.example.com nopod /api/v1/beacon a=1 `,
      `203.0.113.9 ${arrivedAt} trk.example.com nopod /api/v1/beacon page=%2Fhome `
    ])
  })

  test("accepts an event by GET and HEAD", async () => {
    const { ask, taken } = testGateway()
    expect((await ask("/api/v1/beacon?a=1")).status).toBe(204)
    expect((await ask("/api/v1/beacon", { method: "HEAD" })).status).toBe(204)
    expect(taken()).toEqual(["/api/v1/beacon a=1", "/api/v1/beacon e"])
  })

  test("an event by GET has the client's id too, on any path, and an invalid id is refused", async () => {
    const { ask, taken } = testGateway()
    for (const [path, id] of [
      ["/api/v1/beacon?a=1", "k"],
      ["/any?a=1", "k 2"],
      ["/", "not an event"],
      ["/t/open.gif", "k"]
    ] as const)
      await ask(path, { headers: { "idempotency-key": id } })
    await ask("/t/head", { method: "HEAD", headers: { "idempotency-key": "k" } })
    const events = [
      "/api/v1/beacon a=1&idempotency_key=k",
      "/any a=1&idempotency_key=k%202",
      "/t/open idempotency_key=k",
      "/t/head idempotency_key=k"
    ]
    expect(taken()).toEqual(events)
    for (const path of ["/any", "/api/v1/beacon"]) {
      const refused = await refusalIn(await ask(path, { headers: { "idempotency-key": "x".repeat(256) } }))
      expect([refused.status, refused.error]).toEqual([400, "bad-request"])
    }
    expect(taken()).toEqual(events)
  })

  test("an event by GET is answered with 503 while the queue is full", async () => {
    const { ask } = testGateway({
      push: () => Promise.reject(new Failure({ reason: "busy", message: "full" }))
    })
    expect(await refusalIn(await ask("/api/v1/beacon"))).toMatchObject({ status: 503, error: "busy" })
  })
})

describe("other paths", () => {
  test("are events by GET, also where POST has another meaning", async () => {
    const { ask, taken } = testGateway()
    for (const path of ["/batch", "/track", "/api/v1/beacon/log"]) expect((await ask(path)).status).toBe(200)
    expect(taken()).toEqual(["/batch e", "/track e", "/api/v1/beacon/log e"])
  })

  test("refuse POST", async () => {
    const { post } = testGateway()
    const answer = await post("/x", { a: 1 })
    expect(answer.headers.get("allow")).toBe("GET, HEAD")
    expect(answer.headers.get("connection")).toBe("close")
    expect(await refusalIn(answer)).toMatchObject({ status: 405, error: "method-not-allowed" })
  })
})
