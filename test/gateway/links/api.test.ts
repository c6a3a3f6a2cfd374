import { describe, expect, test } from "bun:test"
import { Failure } from "../../../contracts/failure.ts"
import { maxWrongGuesses } from "../../../gateway/http/auth-throttle.ts"
import type { LinkStore } from "../../../gateway/links/store.ts"
import { attacks } from "../../contracts/redirect-attacks.ts"
import { arrivedAt, refusalIn } from "../gateway-for-tests.ts"
import { iphone, linkGateway, linksInFile, token } from "./gateway.ts"

const link = { id: "summer", default: "https://example.com/" }

describe("links", () => {
  test("are created, replaced, read, listed and removed", async () => {
    const { manage, lines } = linkGateway()
    const created = await manage("POST", "", { body: { ...link, click_lookback: 7 } })
    expect(created.status).toBe(201)
    expect(created.headers.get("location")).toBe("/api/v1/links/summer")
    expect(created.headers.get("cache-control")).toBe("no-store")
    expect(await created.json()).toEqual({ ...link, click_lookback: "7 days" })

    const replaced = await manage("POST", "", { body: { ...link, campaign: "x" } })
    expect(replaced.status).toBe(200)
    expect(await (await manage("GET", "/summer")).json()).toEqual({ ...link, campaign: "x" })
    expect(await (await manage("GET", "")).json()).toEqual({
      links: [{ ...link, campaign: "x" }],
      next: null
    })

    expect((await manage("DELETE", "/summer")).status).toBe(204)
    for (const method of ["GET", "DELETE"])
      expect(await refusalIn(await manage(method, "/summer"))).toMatchObject({
        status: 404,
        error: "not-found"
      })
    expect(lines).toEqual([])
  })

  test("get an id if they have none", async () => {
    const { manage } = linkGateway()
    const ids = new Set<string>()
    for (let i = 0; i < 20; i++) {
      const made = (await (await manage("POST", "", { body: { default: link.default } })).json()) as {
        id: string
      }
      expect(made.id).toMatch(/^[a-z2-9]{16}$/)
      ids.add(made.id)
    }
    expect(ids.size).toBe(20)
  })

  test("are listed page by page", async () => {
    const { manage } = linkGateway()
    for (const id of ["c", "a", "b"]) await manage("POST", "", { body: { ...link, id } })
    const page = async (query: string) => {
      const { links, next } = (await (await manage("GET", query)).json()) as {
        links: ReadonlyArray<{ id: string }>
        next: string | null
      }
      return [links.map(({ id }) => id).join(""), next]
    }
    expect(await page("?limit=2")).toEqual(["ab", "b"])
    expect(await page("?limit=2&after=b")).toEqual(["c", null])
    for (const [query, message] of [
      ["?limit=0", "limit: "],
      ["?limit=1001", "limit: "],
      ["?limit=-1", "limit: "],
      ["?after=a%20b", "after: "],
      ["?page=2", "page: "]
    ] as const) {
      const refusal = await refusalIn(await manage("GET", query))
      expect(refusal.status).toBe(400)
      expect(refusal.message).toStartWith(message)
    }
  })

  test("that are changed are so at the next click here", async () => {
    const { manage, click } = linkGateway()
    const where = async () => (await click("/click/summer/go")).headers.get("location")
    expect(await where()).toBeNull()
    await manage("POST", "", { body: link })
    expect(await where()).toBe("https://example.com/")
    await manage("POST", "", { body: { ...link, default: "https://other.example/" } })
    expect(await where()).toBe("https://other.example/")
    await manage("DELETE", "/summer")
    expect(await where()).toBeNull()
  })

  test("have ids of letters, digits, - and _", async () => {
    const { manage } = linkGateway()
    for (const path of ["/a%20b", "/a/b", "//", `/${"a".repeat(65)}`])
      for (const method of ["GET", "DELETE"]) expect((await manage(method, path)).status).toBe(404)
    expect((await manage("POST", "", { body: { ...link, id: "__proto__" } })).status).toBe(201)
    expect(await (await manage("GET", "/__proto__")).json()).toEqual({ ...link, id: "__proto__" })
  })
})

describe("an invalid link is reported with the field's name", () => {
  const wrong: ReadonlyArray<readonly [body: unknown, message: string]> = [
    [[], "A link must be a JSON object."],
    ["{", "The body is not valid JSON."],
    [{}, "A link must have a target: set urls, default or fallback."],
    [{ ...link, id: "a b" }, "id: It must be 1 to 64 letters, digits, - and _."],
    [{ ...link, id: 7 }, "id: Expected string."],
    [{ ...link, urls: { iphone: link.default } }, "urls.iphone: The platforms are ios, android, mac,"],
    [{ urls: { ios: "http:evil" } }, "urls.ios: It must be an absolute URL, like https://example.com/."],
    [
      { ...link, fallback: "ftp://example.com/" },
      "fallback: Its scheme must be one of http, https, itms-apps,"
    ],
    [{ ...link, default: "https://a@b.example/" }, "default: It must not contain a user name or a password."],
    [{ ...link, campaign: "a\nb" }, "campaign: It must not contain control characters."],
    [{ ...link, network: "" }, "network: It must have 1 to 200 characters."],
    [{ ...link, click_lookback: "soon" }, "click_lookback: It must be a number of days, or a duration like"],
    [{ ...link, view_lookback: 400 }, "view_lookback: It must be a number of days"],
    [
      { ...link, params: { campaign: "x" } },
      "params.campaign: A parameter's name must be a letter followed by up to 63 letters,"
    ],
    [{ ...link, params: { a: 1 } }, "params.a: Expected string."],
    [{ ...link, target: "x" }, "target: Unknown field."],
    ['{"default":"https://example.com/","__proto__":{"a":1}}', "__proto__: Unknown field."],
    [
      '{"default":"https://example.com/","params":{"__proto__":"a"}}',
      "params.__proto__: A parameter's name must be"
    ]
  ]
  for (const [body, message] of wrong) {
    test(`${JSON.stringify(body)}: ${message}`, async () => {
      const { manage, store } = linkGateway()
      const refusal = await refusalIn(await manage("POST", "", { body }))
      expect(refusal).toMatchObject({ status: 400, error: "bad-request" })
      expect(refusal.message).toStartWith(message)
      expect((await store.list(undefined, 10)).links).toEqual([])
    })
  }

  test("no invalid target is accepted, in any field", async () => {
    const { manage, store } = linkGateway()
    for (const target of attacks)
      for (const body of [
        { default: target },
        { ...link, fallback: target },
        { ...link, urls: { ios: target } }
      ])
        expect((await manage("POST", "", { body })).status).toBe(400)
    expect((await store.list(undefined, 10)).links).toEqual([])
  })

  test("413 for too large, 415 for not JSON, 413 for no room", async () => {
    const { manage } = linkGateway({ store: linksInFile(1) })
    const large = await manage("POST", "", { body: { ...link, campaign: "x".repeat(70_000) } })
    expect(large.status).toBe(413)
    const form = await manage("POST", "", {
      body: "default=x",
      headers: { "content-type": "application/x-www-form-urlencoded" }
    })
    expect(form.status).toBe(415)
    const called = { "content-type": "application/x-www-form-urlencoded" }
    expect((await manage("POST", "", { body: JSON.stringify(link), headers: called })).status).toBe(201)
    expect(await refusalIn(await manage("POST", "", { body: { ...link, id: "b" } }))).toMatchObject({
      status: 413
    })
  })

  test("an unavailable store is 503, without internal details", async () => {
    const away = (): Promise<never> =>
      Promise.reject(new Failure({ reason: "timeout", message: "Redis at 10.0.0.1:6379 hangs" }))
    const store: LinkStore = { put: away, get: away, list: away, remove: away }
    const { manage } = linkGateway({ store })
    const answers = [
      await manage("POST", "", { body: link }),
      await manage("GET", ""),
      await manage("GET", "/a"),
      await manage("DELETE", "/a")
    ]
    for (const answer of answers) {
      expect(answer.headers.get("retry-after")).toBe("1")
      const refusal = await refusalIn(answer)
      expect(refusal).toMatchObject({ status: 503, error: "unavailable" })
      expect(refusal.message).not.toContain("Redis")
    }
  })
})

describe("access to the links API", () => {
  test("no web page may read a response or pass a preflight", async () => {
    const { manage, ask, store } = linkGateway()
    await store.put(link)
    const origin = { origin: "https://evil.example" }
    const question = { ...origin, "access-control-request-method": "POST" }
    const answers = [
      await manage("GET", "", { headers: origin }),
      await manage("GET", "/none", { headers: origin }),
      await manage("GET", "", { headers: { ...origin, authorization: "" } }),
      await manage("POST", "", { headers: origin, body: "{" }),
      await manage("POST", "", { headers: origin, body: "x".repeat(70_000) }),
      await manage("PUT", "/summer", { headers: origin }),
      await manage("DELETE", "/summer", { headers: origin }),
      await ask("/api/v1/links", { method: "OPTIONS", headers: question }),
      await ask("/api/v1/links/summer", { method: "OPTIONS", headers: question })
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 401, 400, 413, 405, 204, 405, 405])
    for (const { headers } of answers)
      expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([])
  })

  test("is off without LINKS_TOKEN, and links still work", async () => {
    const { manage, click, store } = linkGateway({ settings: { token: undefined } })
    await store.put(link)
    for (const method of ["GET", "POST"]) {
      const refusal = await refusalIn(await manage(method, "", method === "GET" ? {} : { body: link }))
      expect(refusal).toMatchObject({ status: 404, error: "not-found" })
      expect(refusal.message).toContain("LINKS_TOKEN")
    }
    expect((await click("/click/summer/go", iphone)).status).toBe(307)
  })

  test("requires the token in the Authorization header", async () => {
    const { manage, store } = linkGateway()
    await store.put(link)
    const wrong = [
      "",
      "Bearer",
      "Bearer ",
      `Basic ${btoa(`${token}:`)}`,
      token,
      `Bearer ${token}x`,
      `Bearer ${token.slice(0, -1)}`,
      `Bearer x ${token}`
    ]
    for (const [place, authorization] of wrong.entries()) {
      const answer = await manage("DELETE", `/summer?token=${token}`, {
        headers: { authorization },
        peer: `203.0.113.${place}`
      })
      expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="links"')
      expect(await refusalIn(answer)).toMatchObject({ status: 401, error: "unauthorized" })
    }
    expect(await store.get("summer")).toEqual(link)
    expect((await manage("GET", "/summer", { headers: { authorization: `bearer  ${token} ` } })).status).toBe(
      200
    )
  })

  test("is throttled after too many wrong tokens, for that network only", async () => {
    const clock = { now: arrivedAt }
    const { manage } = linkGateway({ more: { now: () => clock.now } })
    const ask = (given: string, peer: string) =>
      manage("GET", "", { headers: { authorization: `Bearer ${given}` }, peer })
    for (let i = 0; i < maxWrongGuesses; i++) expect((await ask(`wrong${i}`, "2001:db8::1")).status).toBe(401)
    const refused = await ask(token, "2001:db8::2")
    expect(refused.status).toBe(429)
    expect(refused.headers.get("retry-after")).toBe("60")
    expect((await ask(token, "2001:db8:0:1::1")).status).toBe(200)
    clock.now += 60_000
    expect((await ask(token, "2001:db8::1")).status).toBe(200)
  })

  test("is not throttled after missing tokens", async () => {
    const { manage } = linkGateway()
    for (let i = 0; i < maxWrongGuesses * 2; i++)
      expect((await manage("GET", "", { headers: { authorization: "" } })).status).toBe(401)
    expect((await manage("GET", "")).status).toBe(200)
  })
})
