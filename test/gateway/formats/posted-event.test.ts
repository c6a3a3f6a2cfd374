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
  test("takes the members of a JSON object as parameters", async () => {
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

  test("takes a form byte for byte", async () => {
    const { post, taken } = testGateway()
    await post("/t/x", "a=1&b=x+y%20z&a=2&c[]=3\r\n", { type: form })
    await post("/t/x", "ü=1", { type: `${form}; charset=UTF-8` })
    await post("/t/x", Uint8Array.of(0xfc, 0x3d, 0x31), { type: `${form}; charset=ISO-8859-1` })
    expect(taken()).toEqual(["/t/x a=1&b=x+y%20z&a=2&c[]=3", "/t/x Ã¼=1", "/t/x Ã¼=1"])
  })

  test("takes what browsers send as plain text, or as nothing in particular, for what it is", async () => {
    const { post, taken } = testGateway()
    await post("/t/x", '{"a":1}', { type: "text/plain;charset=UTF-8" })
    await post("/t/x", '\ufeff \n{"a":1}')
    await post("/t/x", "a=1&b=2", { type: "text/plain" })
    expect(taken()).toEqual(["/t/x a=1", "/t/x a=1", "/t/x a=1&b=2"])
  })

  test("without a body takes the query, with both takes both", async () => {
    const { post, taken } = testGateway()
    await post("/t/x", "")
    await post("/t/x?a=1", " \n", { type: "application/json" })
    await post("/t/x?a=1", { a: 2 })
    expect(taken()).toEqual(["/t/x e", "/t/x a=1", "/t/x a=1&a=2"])
  })

  test("takes any name, and none is an error", async () => {
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

  test("decompresses", async () => {
    const { post, taken } = testGateway()
    const gzip = { "content-encoding": "gzip" }
    await post("/t/x", gzipSync('{"a":1}'), { type: "application/json", headers: gzip })
    await post("/t/x", gzipSync(""), { type: "application/json", headers: gzip })
    expect(taken()).toEqual(["/t/x a=1", "/t/x e"])
  })

  test("reads JSON in ISO-8859-1 when it says so", async () => {
    const { post, taken } = testGateway()
    const latin = Uint8Array.from('{"a":"ü"}', (char) => char.charCodeAt(0))
    await post("/t/x", latin, { type: 'application/json; charset="iso-8859-1"' })
    expect(taken()).toEqual(["/t/x a=%C3%BC"])
  })

  test("carries the client's id as a parameter, under the name that is set", async () => {
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
    ["JSON that is none", '{"a":', { type: "application/json" }, 400],
    ["something behind the JSON", "{} {}", { type: "application/json" }, 400],
    ["a list", [1], {}, 400],
    ["a text", '"x"', { type: "application/json" }, 400],
    ["a list as plain text", "[1]", {}, 400],
    ["bytes that are no UTF-8", Uint8Array.of(0x7b, 0xff, 0x7d), { type: "application/json" }, 400],
    ["too deep", { a: { b: { c: { d: { e: { f: { g: { h: { i: 1 } } } } } } } } }, {}, 400],
    ["too many values", Object.fromEntries(Array.from({ length: 257 }, (_, i) => [i, i])), {}, 400],
    ["too many values of a form", "a=1&".repeat(257), { type: form }, 400],
    ["an id that is none", {}, { headers: { "idempotency-key": "x".repeat(256) } }, 400],
    ["compressed and damaged", "x", { headers: { "content-encoding": "gzip" } }, 400],
    ["an event too large", { a: "x".repeat(65_536) }, {}, 413],
    ["a form too large", `a=${"x".repeat(65_536)}`, { type: form }, 413],
    ["a body too large", " ".repeat(1024 * 1024 + 1), {}, 413],
    ["another type", "<a/>", { type: "application/xml" }, 415],
    ["parts that are no form", "--x--", { type: "multipart/mixed; boundary=x" }, 415],
    ["a file", parts("; filename=a"), { type: "multipart/form-data; boundary=x" }, 400],
    ["another charset", "{}", { type: "application/json; charset=utf-16" }, 415],
    ["a charset of that name", "{}", { type: "application/json; charset=constructor" }, 415],
    ["compressed twice", "x", { headers: { "content-encoding": "gzip, gzip" } }, 415],
    ["another coding", "x", { headers: { "content-encoding": "compress" } }, 415]
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

  test("says 503 when the queue cannot take it", async () => {
    const { post } = testGateway({
      push: () => Promise.reject(new Failure({ reason: "unavailable", message: "redis is down" }))
    })
    const answer = await post("/t/x", {})
    expect(answer.headers.get("retry-after")).toBe("1")
    expect(await refusalIn(answer)).toMatchObject({ status: 503, error: "unavailable" })
  })
})

describe("/api/v1/beacon", () => {
  test("takes an event of the type beacon by POST, and answers with nothing", async () => {
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

  test("takes one by GET and HEAD", async () => {
    const { ask, taken } = testGateway()
    expect((await ask("/api/v1/beacon?a=1")).status).toBe(204)
    expect((await ask("/api/v1/beacon", { method: "HEAD" })).status).toBe(204)
    expect(taken()).toEqual(["/api/v1/beacon a=1", "/api/v1/beacon e"])
  })

  test("carries the client's id by GET too, on any path, and refuses one that is none", async () => {
    const { ask, taken } = testGateway()
    for (const [path, id] of [
      ["/api/v1/beacon?a=1", "k"],
      ["/any?a=1", "k 2"],
      ["/", "no event"],
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

  test("refuses by GET what cannot be stored now", async () => {
    const { ask } = testGateway({
      push: () => Promise.reject(new Failure({ reason: "busy", message: "full" }))
    })
    expect(await refusalIn(await ask("/api/v1/beacon"))).toMatchObject({ status: 503, error: "busy" })
  })
})

describe("other paths", () => {
  test("are events by GET, whatever else is posted to them", async () => {
    const { ask, taken } = testGateway()
    for (const path of ["/batch", "/track", "/api/v1/beacon/log"]) expect((await ask(path)).status).toBe(200)
    expect(taken()).toEqual(["/batch e", "/track e", "/api/v1/beacon/log e"])
  })

  test("cannot be posted to", async () => {
    const { post } = testGateway()
    const answer = await post("/x", { a: 1 })
    expect(answer.headers.get("allow")).toBe("GET, HEAD")
    expect(answer.headers.get("connection")).toBe("close")
    expect(await refusalIn(answer)).toMatchObject({ status: 405, error: "method-not-allowed" })
  })
})
