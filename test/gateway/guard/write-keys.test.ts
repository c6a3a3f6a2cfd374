import { describe, expect, test } from "bun:test"
import { Topic } from "../../../contracts/ids.ts"
import { writeKeys } from "../../../gateway/guard/write-keys.ts"
import { guardedGateway, noon } from "../guarded-gateway.ts"
import { linkOptions, linksInFile } from "../links/gateway.ts"

const read = (list: string) => writeKeys(list, Topic.make("events"), new Set(["shop"]))

describe("WRITE_KEYS", () => {
  test("has keys and their topics", () => {
    const find = read("abcdefgh=shop, 12345678 ,zyxwvuts=events")
    if (typeof find === "string") throw new Error(find)
    expect(find("abcdefgh")).toEqual({ name: "key 1", topic: Topic.make("shop") })
    expect(find("12345678")).toEqual({ name: "key 2", topic: undefined })
    expect(find("zyxwvuts")).toEqual({ name: "key 3", topic: undefined })
    for (const other of ["", "abcdefg", "abcdefghi", "ABCDEFGH", "a".repeat(300), "__proto__"])
      expect(find(other)).toBeUndefined()
  })

  test("that is invalid is reported in a sentence without a key", () => {
    const problems: ReadonlyArray<readonly [list: string, sentence: string]> = [
      [" , ", "has no key"],
      ["short=shop", "Key 1 of WRITE_KEYS must have 8 to 200"],
      ["abcdefgh,a b c d e=shop", "Key 2 of WRITE_KEYS must have"],
      ["abcdefgh=sh op", 'Key 1 of WRITE_KEYS has the topic "sh op"'],
      ["abcdefgh=other", 'the topic "other", which is not in KAFKA_TOPICS'],
      ["abcdefgh,abcdefgh=shop", "Key 2 of WRITE_KEYS is a duplicate"]
    ]
    for (const [list, sentence] of problems) {
      const problem = read(list)
      expect(problem).toContain(sentence)
      expect(problem).not.toContain("abcdefgh")
    }
  })
})

describe("a request", () => {
  const basic = (user: string): string => `Basic ${btoa(`${user}:`)}`

  test("may have its key in any place, and no line contains it", async () => {
    const { ask, lines } = guardedGateway({ keys: "12345678" })
    const ways: ReadonlyArray<readonly [target: string, headers: Record<string, string>]> = [
      ["/t/x?a=1", { "x-write-key": "12345678" }],
      ["/t/x?a=1", { authorization: "Bearer 12345678" }],
      ["/t/x?a=1", { authorization: basic("12345678") }],
      ["/w/12345678/t/x?a=1", {}],
      ["/t/x?write_key=12345678&a=1", {}],
      ["/t/x?a=1&write_key=12345678", {}],
      ["/t/x?write%5Fkey=12345678&a=1", {}],
      ["/w/12345678/t/x?a=1&write_key=12345678", { "x-write-key": "12345678" }]
    ]
    for (const [target, headers] of ways) expect((await ask(target, { headers })).status).toBe(200)
    expect(new Set(lines)).toEqual(new Set([`203.0.113.9 ${noon} trk.example.com nopod /t/x a=1 `]))
    expect(lines.length).toBe(ways.length)
  })

  test("loses a key in its body, in every notation, and keeps everything else", async () => {
    const store = linksInFile()
    await store.put({ id: "spring", default: "https://shop.example/" })
    const { ask, lines } = guardedGateway({ keys: "12345678", more: { links: linkOptions(store) } })
    const post = (target: string, type: string, body: string) =>
      ask(target, { method: "POST", body, headers: { "content-type": type, "x-write-key": "12345678" } })
    const key = { write_key: "12345678" }
    const nested = {
      a: 1,
      ...key,
      auth: { ...key, b: 2 },
      keys: [{ ...key, c: 3 }],
      my_write_key: 4,
      write_keys: 5
    }
    const left = "a=1&auth[b]=2&keys[0][c]=3&my_write_key=4&write_keys=5"
    const form = "multipart/form-data; boundary=x"
    const parts = ["a", "write_key"].map(
      (name) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n12345678\r\n`
    )
    const sent: ReadonlyArray<readonly [answer: Promise<Response>, line: string]> = [
      [post("/t/x", "application/json", JSON.stringify(nested)), `/t/x ${left}`],
      [
        post("/t/x", "application/json", JSON.stringify({ write_key: ["12345678", { d: "12345678" }] })),
        "/t/x e"
      ],
      [post("/t/x", "application/x-www-form-urlencoded", JSON.stringify(nested)), `/t/x ${left}`],
      [
        post("/t/x", "application/x-www-form-urlencoded", "write_key=12345678&a=%zz&&write%5fkey[]=1"),
        "/t/x a=%zz&"
      ],
      [post("/t/x", "text/plain", "a=1&write_key=12345678"), "/t/x a=1"],
      [post("/t/x", form, `${parts.join("")}--x--`), "/t/x a=12345678"],
      [
        post("/api/v1/beacon?write_key=12345678", "text/plain", JSON.stringify(nested)),
        `/api/v1/beacon ${left}`
      ],
      [
        post(
          "/track",
          "application/json",
          JSON.stringify({ username: "u", target: "t", description: "VIEW", ...key })
        ),
        "/track username=u&target=t&description=VIEW"
      ],
      [
        post("/batch", "application/json", JSON.stringify([{ event: "x", params: nested, id: "i" }])),
        `/t/x ${left}&idempotency_key=i`
      ],
      [
        ask("/click/spring/go?a=1&write_key=12345678"),
        "/click/spring/go redirect_url=https%3A%2F%2Fshop.example%2F&a=1"
      ],
      [
        ask("/click/spring/go?write%5Fkey=wrong"),
        "/click/spring/go redirect_url=https%3A%2F%2Fshop.example%2F"
      ],
      [
        ask("/w/12345678/click/spring/go?write_key=12345678&a=1"),
        "/click/spring/go redirect_url=https%3A%2F%2Fshop.example%2F&a=1"
      ]
    ]
    for (const [answer, line] of sent) {
      expect([200, 204, 307]).toContain((await answer).status)
      expect(lines.some((one) => one.includes(` ${line} `) || one.includes(` ${line}&lookup_key`))).toBe(true)
    }
    expect(lines).toHaveLength(sent.length)
    expect(lines.filter((line) => line.includes("write_key=") && !line.includes("my_write_key"))).toEqual([])
  })

  test("keeps every other byte of its query", async () => {
    const { ask, lines } = guardedGateway({ keys: "12345678" })
    await ask("/w/12345678//a%20b/c//?&x=%zz&&key=1&writekey=2&=&write_key=12345678")
    expect(lines).toEqual([
      `203.0.113.9 ${noon} trk.example.com nopod //a%20b/c// &x=%zz&&key=1&writekey=2&= `
    ])
  })

  test("with a topic's key is written in the dialect that has the topic", async () => {
    const { ask, lines } = guardedGateway({ keys: "abcdefgh=shop,12345678" })
    await ask("/t/x?a=1", { headers: { "x-write-key": "abcdefgh", "user-agent": "ua  x" } })
    expect(lines).toEqual([`203.0.113.9 ${noon / 1000} shop /t/x a=1 ua  x`])
  })

  test("without a valid key is refused and counted", async () => {
    const { ask, lines, counted } = guardedGateway({ keys: "12345678" })
    for (const [target, headers] of [
      ["/t/x", {}],
      ["/t/x?write_key=", {}],
      ["/w//t/x", {}],
      ["/w/87654321/t/x", {}],
      ["/t/x?write_key=12345678", { "x-write-key": "87654321" }],
      ["/t/x", { authorization: "Basic ???" }],
      ["/t/x", { authorization: `Bearer ${"x".repeat(5000)}` }],
      ["/click/abc", {}]
    ] as ReadonlyArray<readonly [string, Record<string, string>]>) {
      const answer = await ask(target, { headers })
      expect(answer.status).toBe(401)
      expect(answer.headers.get("www-authenticate")).toBe("Bearer")
      const { error, message } = (await answer.json()) as { error: string; message: string }
      expect(error).toBe("unauthorized")
      expect(message).toMatch(/^(A write key is required|The write key is invalid)/)
      expect(message).not.toContain("87654321")
    }
    expect(lines).toEqual([])
    expect(counted).toEqual(Array(8).fill("write-key"))
  })

  test("with a key in its path gets the route of the rest of the path, with its privacy", async () => {
    const { ask } = guardedGateway({ keys: "12345678", more: { links: linkOptions() } })
    const origin = { origin: "https://evil.example", "access-control-request-method": "POST" }
    for (const key of ["12345678", "87654321"]) {
      for (const method of ["OPTIONS", "GET", "POST"]) {
        const { headers } = await ask(`/w/${key}/api/v1/links`, { method, headers: origin })
        expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([])
      }
    }
    expect((await ask("/w/12345678/click/none/go", {})).status).toBe(200)
    expect((await ask("/w/87654321/click/none/go", {})).status).toBe(401)
    expect((await ask("/w/12345678/track", { method: "OPTIONS", headers: origin })).status).toBe(204)
  })

  test("about the gateway itself needs no key", async () => {
    const { ask } = guardedGateway({ keys: "12345678" })
    for (const target of ["/", "/favicon.ico", "/robots.txt", "/health/live", "/metrics"])
      expect((await ask(target)).status).toBe(200)
  })

  test("to a path like /w/<key> is an event while no keys are set", async () => {
    const { ask, lines } = guardedGateway()
    await ask("/w/12345678/t/x?write_key=1")
    expect(lines).toEqual([`203.0.113.9 ${noon} trk.example.com nopod /w/12345678/t/x write_key=1 `])
  })
})
