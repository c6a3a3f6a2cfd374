/** What is sent for an event: calls, events, messages, targets; and that no secret is in what people see. */
import { describe, expect, test } from "bun:test"
import { createHash, createHmac } from "node:crypto"
import fc from "fast-check"
import { eventOf, fieldsOf } from "../../../actors/rules/read-event.ts"
import { makeRenderer, type TemplateContext } from "../../../actors/rules/render.ts"
import { hidden } from "../../../actors/rules/secret-marks.ts"
import type { Call } from "../../../contracts/reactions/rule.ts"
import { emittedMeta, recordOf, topic } from "./events.ts"

const secrets = { KEY: 's3cret "&/ü', HOOK: "https://hooks.example/T0/abcdef", EMPTY: "" }
const renderer = makeRenderer({ vars: { SHOP: "https://shop.example:8443/v1", USER: "me" }, secrets })

const contextOf = (
  params = "e",
  { meta, ...rest }: Partial<TemplateContext> & { meta?: string } = {}
): TemplateContext => {
  const fields = fieldsOf(recordOf("bud", params, meta === undefined ? {} : { meta }), topic)
  if (fields === undefined) throw new Error("no event")
  return { event: eventOf(fields, 1_700_000_000_000), answers: {}, seed: "seed", ...rest }
}

/** The call as it is sent. */
const sent = (call: Call, context = contextOf()) => {
  const { url, headers, body, ...rest } = renderer.call(call, context)
  const { reveal } = renderer
  return {
    ...rest,
    url: reveal(url),
    headers: Object.fromEntries(headers.map(([name, value]) => [name, reveal(value)])),
    body: body === undefined ? undefined : reveal(body)
  }
}

describe("a call", () => {
  test("URL and query: parameters are encoded, empty ones left out, a fragment is not sent", () => {
    const call: Call = {
      url: "{{ vars.SHOP }}/bulk/{{ params.owner | url_encode }}#top",
      query: { di: "{{ params.di }}", none: "{{ params.none }}", "a b": "{{ params.q }}" }
    }
    const context = contextOf("owner=an%2Fna+b&di=1&q=%C3%BC%26")
    expect(sent(call, context).url).toBe("https://shop.example:8443/v1/bulk/an%2Fna%20b?di=1&a%20b=%C3%BC%26")
    expect(sent({ ...call, url: "https://shop.example/?x=1" }, context).url).toBe(
      "https://shop.example/?x=1&di=1&a%20b=%C3%BC%26"
    )
  })

  test("the method is GET without a body and POST with one", () => {
    expect(sent({ url: "https://a.example" }).method).toBe("GET")
    expect(sent({ url: "https://a.example", body: "x" }).method).toBe("POST")
    expect(sent({ url: "https://a.example", body: "x", method: "PUT" }).method).toBe("PUT")
  })

  test("a body that is an object is sent as JSON, its texts rendered, whatever is in them", () => {
    const context = contextOf("msg=say+%22hi%22%0A&mbers[]=a&mbers[]=b")
    const { body, headers } = sent(
      {
        url: "https://a.example",
        body: { text: "{{ params.msg }}", deep: [{ n: 1, key: "{{ secrets.KEY }}" }], none: null }
      },
      context
    )
    expect(JSON.parse(body ?? "")).toEqual({
      text: 'say "hi"\n',
      deep: [{ n: 1, key: secrets.KEY }],
      none: null
    })
    expect(headers["content-type"]).toBe("application/json")
    const text = sent({ url: "https://a.example", body: "{{ lists.mbers | json }}" }, context)
    expect(text.body).toBe('["a","b"]')
    expect(text.headers["content-type"]).toBe("text/plain; charset=utf-8")
  })

  test("no value can add a header: control characters become spaces, other characters UTF-8", () => {
    const { headers } = sent(
      { url: "https://a.example", headers: { "x-owner": "{{ params.owner }}" } },
      contextOf("owner=a%0D%0Ax-evil:+1%C3%BC")
    )
    expect(headers["x-owner"]).toBe("a x-evil: 1\u00c3\u00bc")
  })

  test("Authorization: basic, unless both are empty; bearer; a header of the rule wins", () => {
    const call: Call = {
      url: "https://a.example",
      basic: { user: "{{ vars.USER }}", password: "{{ secrets.KEY }}" }
    }
    const login = Buffer.from(`me:${secrets.KEY}`, "utf8").toString("base64")
    expect(sent(call).headers.authorization).toBe(`Basic ${login}`)
    const empty = { user: "{{ vars.NONE }}", password: "{{ secrets.NONE }}{{ secrets.EMPTY }}" }
    expect(sent({ ...call, basic: empty }).headers.authorization).toBeUndefined()
    expect(sent({ ...call, basic: empty, bearer: "{{ secrets.KEY }}" }).headers.authorization).toBe(
      `Bearer ${secrets.KEY}`
    )
    expect(sent({ ...call, headers: { Authorization: "own" } }).headers).toEqual({ Authorization: "own" })
  })

  test("timeout, accepted statuses, signature and name of the answer are passed on", () => {
    const call = sent({ url: "https://a.example", timeout: "1.5s", accept: [404], sign: "none", as: "x" })
    expect([call.timeoutMs, call.accepts(404), call.accepts(200), call.sign, call.as]).toEqual([
      1_500,
      true,
      false,
      "none",
      "x"
    ])
    expect(sent({ url: "https://a.example" }).accepts(204)).toBe(true)
  })

  test("answers of earlier steps, whatever they contain", () => {
    const body = `{"id": 7, "key": "\uE000:KEY\uE001"}`
    const context = contextOf("e", { answers: { geo: { status: 200, body, json: JSON.parse(body) } } })
    const { url } = renderer.call(
      { url: "https://a.example/{{ answers.geo.json.id }}?{{ answers.geo.json.key }}{{ answers.geo.body }}" },
      context
    )
    expect(url).toStartWith("https://a.example/7?\uFFFD:KEY\uFFFD")
    expect(renderer.reveal(url)).not.toContain("s3cret")
  })
})

describe("URLs that cannot be called are refused with a sentence that has no secret", () => {
  const refused: ReadonlyArray<readonly [url: string, why: RegExp]> = [
    ["{{ vars.NONE }}/x", /invalid/],
    ["{{ vars.NONE }}", /empty/],
    ["ftp://a.example", /only http: and https:/],
    ["file:///etc/passwd", /only http: and https:/],
    ["javascript:alert(1)", /only http: and https:/],
    ["https://u:p@a.example", /use basic/],
    ["https://{{ secrets.KEY }}.example", /part of the host/],
    ["{{ secrets.KEY }}", /invalid/],
    ["https://a.example/{{ secrets.KEY | upcase }}", /fails/],
    ["https://a.example/b/{{ params.up | url_encode }}/notify", /segment/],
    ["https://a.example/b/{{ params.up | url_encode }}?x=1", /segment/],
    ["https://a.example/b/.%2E", /segment/],
    ["https://a.example/b\\.\\c", /segment/],
    ["https://a.example/b/.\t./c", /segment/]
  ]
  for (const [url, why] of refused) {
    test(url, () => {
      expect(() => renderer.call({ url }, contextOf("x=1&up=.."))).toThrow(why)
      expect(renderer.targetOf({ call: { url } }, contextOf("x=1&up=.."))).toBe("none" as never)
      try {
        renderer.call({ url }, contextOf("x=1&up=.."))
      } catch (error) {
        expect(String(error)).not.toContain("s3cret")
      }
    })
  }
  test("dots within a segment or behind the path are nothing else than dots", () => {
    for (const url of ["https://a.example/.well-known/..a/b..?x=/../#/../", "https://a.example"])
      expect(renderer.call({ url }, contextOf()).url).toBe(url.split("#")[0] ?? "")
  })

  test("the target is the origin; a secret may be the whole URL", () => {
    expect(renderer.targetOf({ call: { url: "HTTPS://A.example:443/x" } }, contextOf())).toBe(
      "https://a.example" as never
    )
    expect(renderer.targetOf({ call: { url: "{{ secrets.HOOK }}" } }, contextOf())).toBe(
      "https://hooks.example" as never
    )
    expect(renderer.targetOf({ emit: { type: "x" } }, contextOf())).toBe("queue" as never)
    expect(renderer.targetOf({ notify: { device: "x" } }, contextOf())).toBe("devices" as never)
  })
})

describe("events and messages", () => {
  test("emit", () => {
    const emit = {
      type: "bud-{{ params.kind }}",
      params: { owner: "{{ params.owner }}", hops: "{{ event.hops }}" }
    }
    expect(renderer.emit(emit, contextOf("kind=a&owner=%C3%BC&spoor_hops=3", { meta: emittedMeta }))).toEqual(
      {
        type: "bud-a",
        params: { owner: "ü", hops: "3" }
      }
    )
    expect(() => renderer.emit({ type: "{{ params.none }}" }, contextOf())).toThrow(/empty/)
  })
  test("notify", () => {
    expect(
      renderer.notify(
        { device: "{{ params.d }}", title: "Hi", data: { a: "{{ params.d }}" } },
        contextOf("d=1")
      )
    ).toEqual({ device: "1", title: "Hi", message: "", text: undefined, url: "", data: { a: "1" } })
    expect(() => renderer.notify({ device: "{{ params.none }}" }, contextOf())).toThrow(/empty/)
  })
  test("if", () => {
    const wanted = (text: string): boolean =>
      renderer.isWanted({ emit: { type: "x" }, if: text }, contextOf("a=1"))
    expect(["{{ params.a }}", "yes", "{% if params.a %}1{% endif %}"].map(wanted)).toEqual([true, true, true])
    expect(["", "  ", "false", "{{ params.b }}", "{% if params.b %}1{% endif %}"].map(wanted)).toEqual([
      ...[false, false, false, false, false]
    ])
  })
})

describe("filters of our own", () => {
  const text = (template: string, params = "x=a+b&l=1&l=2&l=3&l=4", seed = "1"): string =>
    renderer.text(template, contextOf(params, { seed }))
  test("json, base64, digests", () => {
    expect(text("{{ params.x | json }}{{ params.none | json }}")).toBe('"a b"null')
    expect(text("{{ params.x | base64 }}")).toBe("YSBi")
    expect(text("{{ params.x | sha1 }} {{ params.x | md5 }}")).toBe(
      `${createHash("sha1").update("a b").digest("hex")} ${createHash("md5").update("a b").digest("hex")}`
    )
    expect(text('{{ params.x | hmac_sha256: "k" }}')).toBe(
      createHmac("sha256", "k").update("a b").digest("hex")
    )
  })
  test("sample takes n different ones, the same for the same delivery", () => {
    const template = '{{ lists.l | sample: 2 | join: "," }}'
    expect(text(template)).toBe(text(template))
    const seen = new Set(Array.from({ length: 40 }, (_, i) => text(template, undefined, String(i))))
    expect(seen.size).toBeGreaterThan(3)
    for (const pair of seen) expect(new Set(pair.split(",")).size).toBe(2)
    expect(text('{{ lists.l | sample: 9 | sort | join: "," }}')).toBe("1,2,3,4")
  })
  test("times are in UTC", () => {
    expect(text('{{ event.time | divided_by: 1000 | date: "%Y-%m-%d %H:%M" }}')).toBe("2023-11-14 22:13")
  })
})

describe("limits", () => {
  test("output, and objects that a template makes", () => {
    expect(() =>
      renderer.text("{% for i in (1..100000) %}{{ params.x }}{% endfor %}", contextOf(`x=${"a".repeat(100)}`))
    ).toThrow(/more than 262,144 characters/)
    expect(() => renderer.text("{% for i in (1..10000000) %}{% endfor %}", contextOf())).toThrow(/limit/)
  })
  test("no template reads a file, a prototype or another variable of the environment", () => {
    expect(() => renderer.text("{% include 'package.json' %}", contextOf())).toThrow(/invalid/)
    expect(() => renderer.text("{% render 'package.json' %}", contextOf())).toThrow(/invalid/)
    expect(renderer.text("{{ params.constructor }}{{ event.__proto__ }}{{ vars.PATH }}", contextOf())).toBe(
      ""
    )
  })
})

describe("secrets", () => {
  const call: Call = {
    url: "https://a.example/{{ secrets.KEY | url_encode }}",
    query: { key: "{{ secrets.KEY }}" },
    headers: { "x-key": "k {{ secrets.KEY }}" },
    body: '{"key": {{ secrets.KEY | json }}, "again": {{ secrets.KEY | json | json }}}',
    basic: { user: "u", password: "{{ secrets.KEY }}" }
  }
  const encoded = "s3cret%20%22%26%2F%C3%BC"

  test("are encoded as the filters say", () => {
    const { url, body, headers } = sent(call)
    expect(url).toBe(`https://a.example/${encoded}?key=${encoded}`)
    expect(headers["x-key"]).toBe(`k ${secrets.KEY}`)
    expect(JSON.parse(body ?? "").key).toBe(secrets.KEY)
    expect(JSON.parse(JSON.parse(body ?? "").again)).toBe(secrets.KEY)
  })

  test("are in nothing that people see", () => {
    const { url, headers, body = "" } = renderer.call(call, contextOf())
    const seen = [url, body, ...headers.map(([, value]) => value)].map(renderer.mask).join("\n")
    expect(seen).toContain(`https://a.example/${hidden}?key=${hidden}`)
    expect(seen).toContain(`Basic ${hidden}`)
    expect(seen).not.toContain("s3cret")
    expect(seen).not.toMatch(/[\uE000-\uE003]/)
  })

  test("a target that repeats the whole login, or a form, shows nothing of them either", () => {
    for (const user of ["", "u", "me", "you"]) {
      const login = { url: "https://a.example/", basic: { user, password: "{{ secrets.KEY }}" } }
      const { authorization = "" } = sent(login).headers
      const shown = renderer.mask(`{"Authorization": "${authorization}"}`)
      expect(shown).toContain(hidden)
      const left = shown
        .replace(/^.*Basic /, "")
        .replaceAll(hidden, "")
        .replaceAll(/[="}]/g, "")
      // What is left is the user, and the bits that the secret shares with its neighbours.
      expect([user, left.length]).toEqual([user, expect.any(Number)])
      expect(left.length).toBeLessThanOrEqual(8)
    }
    const url = Buffer.from(`x:${secrets.KEY}`).toString("base64url")
    expect(renderer.mask(url).length).toBeLessThanOrEqual(8)
    for (const repeated of [
      "s3cret+%22%26%2F%C3%BC",
      "s3cret%20%22%26%2f%c3%bc",
      "s3cret%20%5C%22%26%2F%C3%BC"
    ])
      expect(renderer.mask(`key=${repeated}`)).toBe(`key=${hidden}`)
  })

  test("other filters fail, also on a captured text", () => {
    for (const template of [
      "{{ secrets.KEY | upcase }}",
      "{{ secrets.KEY | base64 }}",
      "{{ params.x | hmac_sha256: secrets.KEY }}",
      "{% capture z %}a{{ secrets.KEY }}{% endcapture %}{{ z | slice: 0, 3 }}",
      "{% assign z = secrets.KEY %}{{ z | reverse }}"
    ])
      expect(() => renderer.text(template, contextOf())).toThrow(/cannot be used on a secret/)
  })

  test("no text of an event can forge a mark", () => {
    const forged = encodeURIComponent("\uE000:KEY\uE001 \uE002u:\uE000u:KEY\uE001\uE003")
    const { url } = renderer.call(
      { url: "https://a.example/{{ params.x }}{{ lists.x }}{{ event.type }}" },
      contextOf(`x=${forged}`)
    )
    expect(renderer.reveal(url)).not.toContain("s3cret")
  })

  test("for any secret and any text around it: revealed as it is, and masked everywhere", () => {
    const part = fc
      .string({ unit: "grapheme" })
      .map((text) => text.replaceAll(/[{}\uE000-\uE003]/g, "").toWellFormed())
    const secretText = fc
      .stringMatching(/^[!-~äöü]{8,40}$/)
      .filter((text) => !text.includes("{") && !text.includes("}"))
    fc.assert(
      fc.property(secretText, part, part, (value, before, after) => {
        const one = makeRenderer({ vars: {}, secrets: { A: value } })
        const context = contextOf()
        const plain = one.text(`${before}{{ secrets.A }}${after}`, context)
        expect(one.reveal(plain)).toBe(`${before}${value}${after}`)
        const json = one.text("{{ secrets.A | json }}", context)
        expect(JSON.parse(one.reveal(json))).toBe(value)
        const url = one.text("{{ secrets.A | url_encode }}", context)
        expect(decodeURIComponent(one.reveal(url))).toBe(value)
        for (const text of [plain, json, url]) {
          // Once as rendered, and once as a target would repeat it in its answer.
          if (!before.includes(value) && !after.includes(value)) expect(one.mask(text)).not.toContain(value)
          expect(one.mask(one.reveal(text))).not.toContain(value)
          expect(one.mask(text)).not.toMatch(/[\uE000-\uE003]/)
        }
      })
    )
  })
})
