/** Many events in one request: each has a result of its own, in order. */
import { describe, expect, test } from "bun:test"
import { Failure } from "../../../contracts/failure.ts"
import { standardFormatLimits } from "../../../gateway/formats/limits.ts"
import { arrivedAt, refusalIn, testGateway } from "../gateway-for-tests.ts"

const verdictsIn = async (answer: Response): Promise<ReadonlyArray<{ verdict: string; reason?: string }>> => {
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { verdicts: ReadonlyArray<{ verdict: string; reason?: string }> }).verdicts
}

const ok = { verdict: "ok" }
const two = [{ event: "a", params: { x: 1 } }, { event: "b" }]
const lines = two.map((one) => JSON.stringify(one)).join("\n")

describe("a batch", () => {
  const forms: ReadonlyArray<readonly [what: string, body: unknown, type: string | undefined]> = [
    ["a JSON array", two, undefined],
    ['{"events":[…]}', { events: two }, undefined],
    ["NDJSON", lines, "application/x-ndjson"],
    [
      "NDJSON with blank lines and carriage returns",
      `\n${lines.replace("\n", "\r\n\n")}\r\n`,
      "application/x-ndjson"
    ],
    ["a JSON array as plain text", JSON.stringify(two), "text/plain;charset=UTF-8"],
    ["NDJSON as plain text", lines, "text/plain"],
    ["NDJSON without a Content-Type", lines, undefined],
    ["a JSON array labelled as a form", JSON.stringify(two), "application/x-www-form-urlencoded"],
    ["NDJSON labelled as a form", `\ufeff${lines}`, "application/x-www-form-urlencoded"]
  ]
  for (const [what, body, type] of forms) {
    test(`as ${what}`, async () => {
      const { post, taken, rejected } = testGateway()
      const answer = await post("/batch", body, type === undefined ? {} : { type })
      expect(answer.headers.get("access-control-allow-origin")).toBe("*")
      expect(answer.headers.get("retry-after")).toBeNull()
      expect(await verdictsIn(answer)).toEqual([ok, ok])
      expect(taken()).toEqual(["/t/a x=1", "/t/b e"])
      expect(rejected).toEqual([])
    })
  }

  test("of one event, and empty", async () => {
    const { post, taken } = testGateway()
    const json = "application/json"
    expect(await verdictsIn(await post("/batch", '{\n "event": "a"\n}', { type: json }))).toEqual([ok])
    expect(await verdictsIn(await post("/batch", '{"event":"a"}', { type: "application/x-ndjson" }))).toEqual(
      [ok]
    )
    expect(await verdictsIn(await post("/batch", []))).toEqual([])
    expect(await verdictsIn(await post("/batch", { events: [] }))).toEqual([])
    expect(await verdictsIn(await post("/batch", "", { type: "application/x-ndjson" }))).toEqual([])
    expect(taken()).toEqual(["/t/a e", "/t/a e"])
  })

  test("is refused when it has fields besides events, before or after them", async () => {
    const { post, taken } = testGateway()
    for (const batch of [
      { events: [{ event: "a" }], sentAt: 1 },
      { sentAt: 1, events: [{ event: "a" }] },
      { event: "b", events: [{ event: "a" }] }
    ])
      expect(await refusalIn(await post("/batch", batch))).toEqual({
        status: 400,
        error: "bad-request",
        message: 'A batch may have no other field than "events".'
      })
    expect(taken()).toEqual([])
  })

  test("keeps the order of lines, with the gateway's time, and the client's time as a parameter", async () => {
    const { post, lines } = testGateway()
    const events = [
      { event: "a", ts: 1700000000000, params: { x: 1 } },
      { event: "b", ts: "2026-11-21T01:02:03Z" },
      { event: "c", ts: null, id: null }
    ]
    await post("/batch", events, { headers: { "user-agent": "sdk/1" } })
    expect(lines).toEqual([
      `203.0.113.9 ${arrivedAt} trk.example.com nopod /t/a x=1&ts=1700000000000 sdk/1`,
      `203.0.113.9 ${arrivedAt} trk.example.com nopod /t/b ts=2026-11-21T01%3A02%3A03Z sdk/1`,
      `203.0.113.9 ${arrivedAt} trk.example.com nopod /t/c e sdk/1`
    ])
  })

  test("encodes any event name as one path segment", async () => {
    const { post, taken } = testGateway()
    const names = ["a b", "a/b", "ü", "__proto__", "..", "\u0000\n"]
    await post(
      "/batch",
      names.map((event) => ({ event }))
    )
    expect(taken()).toEqual([
      "/t/a%20b e",
      "/t/a%2Fb e",
      "/t/%C3%BC e",
      "/t/__proto__ e",
      "/t/.. e",
      "/t/%00%0A e"
    ])
  })

  test("keeps clients' ids, and derives missing ones from the id of the request", async () => {
    const { post, taken } = testGateway()
    const events = [
      { event: "a", id: "u-1", params: { x: 1 } },
      { event: "b", id: 12345678901234567890n },
      { event: "c" }
    ]
    const body = `[${events
      .map((one) => JSON.stringify(one, (_, value) => (typeof value === "bigint" ? 77 : value)))
      .join()}]`.replace("77", "12345678901234567890")
    await post("/batch", body, { type: "application/json" })
    await post("/batch", body, { type: "application/json", headers: { "idempotency-key": "k" } })
    expect(taken()).toEqual([
      "/t/a x=1&idempotency_key=u-1",
      "/t/b idempotency_key=12345678901234567890",
      "/t/c e",
      "/t/a x=1&idempotency_key=u-1",
      "/t/b idempotency_key=12345678901234567890",
      "/t/c idempotency_key=k-2"
    ])
  })

  test("an invalid event is rejected alone with its reason, and counted", async () => {
    const { post, taken, rejected } = testGateway()
    const deep = JSON.parse(`${'{"a":'.repeat(12)}1${"}".repeat(12)}`) as object
    const bad: ReadonlyArray<readonly [event: unknown, reason: RegExp]> = [
      [7, /must be a JSON object/],
      [null, /must be a JSON object/],
      [{}, /"event" must be text/],
      [{ event: "" }, /"event" must be text/],
      [{ event: 7 }, /"event" must be text/],
      [{ event: "x".repeat(257) }, /"event" must be text/],
      [{ event: "a", params: [1] }, /"params" must be an object/],
      [{ event: "a", params: "x=1" }, /"params" must be an object/],
      [{ event: "a", ts: {} }, /"ts" must be/],
      [{ event: "a", ts: "x".repeat(65) }, /"ts" must be/],
      [{ event: "a", id: "" }, /"id" must be/],
      [{ event: "a", id: "ü" }, /"id" must be/],
      [{ event: "a", id: ["x"] }, /"id" must be/],
      [{ event: "a", user: "x" }, /Unknown field "user"/],
      [{ event: "a", params: deep }, /at most 8 levels/],
      [{ event: "a", params: Array.from({ length: 300 }, () => 0) }, /256 values/],
      [{ event: "a", params: { a: "x".repeat(70_000) } }, /65536 bytes/]
    ]
    const verdicts = await verdictsIn(
      await post(
        "/batch",
        bad.flatMap(([event]) => [event, { event: "good" }])
      )
    )
    expect(verdicts).toHaveLength(2 * bad.length)
    for (const [i, [, reason]] of bad.entries()) {
      expect(verdicts[2 * i]).toEqual({ verdict: "rejected", reason: expect.stringMatching(reason) })
      expect(verdicts[2 * i + 1]).toEqual(ok)
    }
    expect(taken()).toEqual(bad.map(() => "/t/good e"))
    expect(rejected).toEqual([[bad.length, "batch"]])
  })

  test("a duplicate field is rejected", async () => {
    const { post } = testGateway()
    const verdicts = await verdictsIn(
      await post("/batch", '[{"event":"a","event":"b"}]', { type: "application/json" })
    )
    expect(verdicts).toEqual([{ verdict: "rejected", reason: 'The field "event" is a duplicate.' }])
  })

  test("an invalid line of NDJSON is rejected alone", async () => {
    const { post, taken } = testGateway()
    const verdicts = await verdictsIn(await post("/batch", '{"event":"a"}\n{"event":\n{"event":"b"}'))
    expect(verdicts).toEqual([
      ok,
      { verdict: "rejected", reason: expect.stringContaining("Invalid JSON") },
      ok
    ])
    expect(taken()).toEqual(["/t/a e", "/t/b e"])
  })

  describe("with bytes that are not UTF-8", () => {
    const bytesOf = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))
    const rejected = { verdict: "rejected", reason: "The event is not valid UTF-8." }
    const good = '{"event":"\xc3\xbc","params":{"a":"\xe2\x82\xac"}}'
    const bad = '{"event":"t\xfc"}'
    const types = [
      "application/x-ndjson",
      "application/json",
      "text/plain",
      "application/x-www-form-urlencoded"
    ]

    for (const [what, body] of [
      ["a line of NDJSON", `${good}\n${bad}\r\n\n${good}\n`],
      ["a line after a byte order mark", `\xef\xbb\xbf${good}\n${bad}\n\xef\xbb\xbf${good}`],
      ["an element of an array", `[${good}, ${bad},${good}]`],
      ["an element of events", `\xef\xbb\xbf{"events":[${good},${bad} ,${good}]}`]
    ] as const)
      for (const type of body.includes("[") ? types.slice(1) : types)
        test(`rejects ${what} alone, as ${type}`, async () => {
          const { post, taken } = testGateway()
          expect(await verdictsIn(await post("/batch", bytesOf(body), { type }))).toEqual([ok, rejected, ok])
          expect(taken()).toEqual(["/t/%C3%BC a=%E2%82%AC", "/t/%C3%BC a=%E2%82%AC"])
        })

    test("rejects a truncated last line, also within a character", async () => {
      const { post, taken } = testGateway()
      for (const end of ['{"event":"t', '{"event":"t\xc3', '{"event":"t\xe2\x82', "{", bad])
        expect(
          await verdictsIn(await post("/batch", bytesOf(`${good}\n${end}`), { type: "application/x-ndjson" }))
        ).toEqual([ok, { verdict: "rejected", reason: expect.any(String) }])
      expect(taken()).toHaveLength(5)
    })

    test("still derives ids and applies limits per event", async () => {
      const { post, taken } = testGateway()
      const deep = `{"event":"d","params":${'{"a":'.repeat(12)}1${"}".repeat(12)}}`
      const verdicts = await verdictsIn(
        await post("/batch", bytesOf([bad, deep, good].join("\n")), { headers: { "idempotency-key": "k" } })
      )
      expect(verdicts).toEqual([
        rejected,
        { verdict: "rejected", reason: expect.stringMatching(/at most 8 levels/) },
        ok
      ])
      expect(taken()).toEqual(["/t/%C3%BC a=%E2%82%AC&idempotency_key=k-2"])
    })

    test("refuses a body without any valid JSON", async () => {
      const { post } = testGateway()
      for (const body of ["\xff\xfe", "\xfc\n\xfc", '[{"event":"\xfc"}'])
        expect(await refusalIn(await post("/batch", bytesOf(body)))).toMatchObject({
          status: 400,
          message: "The body is not valid UTF-8."
        })
    })
  })

  test("only events that the queue could not take now have the result retry", async () => {
    const taken: Array<string> = []
    const { post } = testGateway({
      push: (line) => {
        if (line.includes("/t/b ")) return Promise.reject(new Failure({ reason: "busy", message: "full" }))
        if (line.includes("/t/c ")) return Promise.reject(new Failure({ reason: "too-large", message: "x" }))
        taken.push(line)
        return Promise.resolve()
      }
    })
    const answer = await post("/batch", [{ event: "a" }, { event: "b" }, { event: "c" }, { event: "d" }])
    expect(answer.headers.get("retry-after")).toBe("1")
    expect(await verdictsIn(answer)).toEqual([
      ok,
      { verdict: "retry" },
      { verdict: "rejected", reason: "The event exceeds the size limit." },
      ok
    ])
    expect(taken).toHaveLength(2)
  })

  const refused: ReadonlyArray<
    readonly [what: string, body: unknown, type: string | undefined, status: number]
  > = [
    ["a truncated array", '[{"event":"a"},', "application/json", 400],
    ["an array followed by text", "[] x", "application/json", 400],
    ["an object without events", "{}", "application/json", 400],
    ["events that are not an array", { events: { event: "a" } }, undefined, 400],
    ["a field besides the events", { events: [], sent: 1 }, undefined, 400],
    ["a JSON string", '"a"', "application/json", 400],
    ["an empty body", "", "application/json", 400],
    ["text that is not JSON", "hello", "text/plain", 400],
    ["lines that are not JSON", "hello\nworld", "application/x-ndjson", 400],
    ["a form", "a=1", "application/x-www-form-urlencoded", 415],
    ["a multipart form", "--x--", "multipart/form-data; boundary=x", 415],
    ["a multipart form without a boundary", "--x--", "multipart/form-data", 400],
    ["another type", "a,b", "text/csv", 415],
    ["brackets that are never closed", "[".repeat(100_000), "application/json", 400]
  ]
  for (const [what, body, type, status] of refused) {
    test(`refuses ${what} with ${status}`, async () => {
      const { post, lines } = testGateway()
      expect(await refusalIn(await post("/batch", body, type === undefined ? {} : { type }))).toMatchObject({
        status
      })
      expect(lines).toEqual([])
    })
  }

  test("refuses more events than the limit, before any is stored", async () => {
    const { post, lines } = testGateway({ bodyLimits: { ...standardFormatLimits, events: 3 } })
    const events = (count: number) => Array.from({ length: count }, () => ({ event: "a" }))
    expect(await verdictsIn(await post("/batch", events(3)))).toHaveLength(3)
    for (const body of [events(4), { events: events(4) }]) {
      expect(await refusalIn(await post("/batch", body))).toMatchObject({ status: 413, error: "too-large" })
    }
    const asLines = events(4)
      .map((event) => JSON.stringify(event))
      .join("\n")
    expect((await post("/batch", asLines)).status).toBe(413)
    expect(lines).toHaveLength(3)
  })
})
