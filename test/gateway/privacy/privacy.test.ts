import { describe, expect, test } from "bun:test"
import { Topic } from "../../../contracts/ids.ts"
import { policies, signalsProblem } from "../../../gateway/privacy/signals.ts"
import { addVisitor, dayOf } from "../../../gateway/privacy/visitor-id.ts"
import { guardedGateway, noon } from "../guarded-gateway.ts"

const kept = `203.0.113.9 ${noon} trk.example.com nopod /t/x a=1 `
const nameless = `0.0.0.0 ${noon} trk.example.com nopod /t/x a=1 `

describe("DNT and Sec-GPC", () => {
  const with_ = (list: string) =>
    guardedGateway({ privacy: { policy: policies(list, "events") }, keys: "abcdefgh=clicks,12345678" })
  const ask = (list: string, headers: Record<string, string>, key = "12345678") => {
    const gateway = with_(list)
    return gateway
      .ask("/t/x?a=1", { headers: { "x-write-key": key, ...headers } })
      .then((answer) => ({ answer, ...gateway }))
  }

  test("change nothing by default", async () => {
    expect(policies("keep", "events")).toBeUndefined()
    const { lines, counted } = await ask("keep", { dnt: "1", "sec-gpc": "1" })
    expect(lines).toEqual([kept])
    expect(counted).toEqual([])
  })

  test("remove the address, and are counted with the reason", async () => {
    for (const [headers, reason] of [
      [{ dnt: "1" }, "dnt"],
      [{ "sec-gpc": "1" }, "gpc"],
      [{ dnt: "1", "sec-gpc": "1" }, "gpc"]
    ] as ReadonlyArray<readonly [Record<string, string>, string]>) {
      const { lines, counted } = await ask("anonymise", headers)
      expect(lines).toEqual([nameless])
      expect(counted).toEqual([`anonymised ${reason}`])
    }
  })

  test("with any other value are ignored", async () => {
    for (const value of ["0", "", "null", "true", "11"])
      expect((await ask("anonymise", { dnt: value, "sec-gpc": value })).lines).toEqual([kept])
  })

  test("drop the event, which is answered like a stored one, including pixels", async () => {
    const { lines, counted, answer, ask: again } = await ask("drop", { dnt: "1" })
    expect(await answer.text()).toBe('{"status":"ok"}')
    const pixel = await again("/w/12345678/t/x.gif", { headers: { "sec-gpc": "1" } })
    expect(pixel.headers.get("content-type")).toBe("image/gif")
    expect(lines).toEqual([])
    expect(counted).toEqual(["dropped dnt", "dropped gpc"])
  })

  test("may have another policy for a topic", async () => {
    const clicks = `203.0.113.9 ${noon / 1000} clicks /t/x a=1 `
    expect((await ask("keep,clicks=drop", { dnt: "1" }, "abcdefgh")).lines).toEqual([])
    expect((await ask("keep,clicks=drop", { dnt: "1" })).lines).toEqual([kept])
    expect((await ask("clicks=keep, drop", { dnt: "1" }, "abcdefgh")).lines).toEqual([clicks])
    expect((await ask("clicks=keep, drop", { dnt: "1" })).lines).toEqual([])
    expect((await ask("keep,events=anonymise", { dnt: "1" })).lines).toEqual([nameless])
  })

  test("use the policy of the topic from the host", async () => {
    const topicOfHost = (host: string) => (host.startsWith("clicks.") ? Topic.make("clicks") : undefined)
    const policy = policies("keep,clicks=drop", "events")
    const { ask, lines } = guardedGateway({ privacy: { policy, topicOfHost } })
    for (const host of ["clicks.example.com", "trk.example.com"])
      await ask("/t/x?a=1", { headers: { dnt: "1", host } })
    expect(lines).toEqual([kept])
  })

  test("have three policies", () => {
    for (const good of ["keep", "anonymise", "drop, a=keep"]) expect(signalsProblem(good)).toBeUndefined()
    for (const bad of ["", "anonymize", "clicks=forget"])
      if (bad !== "") expect(signalsProblem(`keep,${bad}`)).toContain("is not a policy")
  })
})

test("addresses are masked before the line is written", async () => {
  const { ask, lines } = guardedGateway({ privacy: { mask: { ipv4: 16, ipv6: 32 } } })
  await ask("/t/x?a=1")
  await ask("/t/x?a=1", { address: "2001:db8:1:2:3:4:5:6" })
  expect(lines.map((line) => line.split(" ")[0])).toEqual(["203.0.0.0", "2001:db8:0:0:0:0:0:0"])
})

describe("the header of anonymous events", () => {
  const anonymousHeaders = ["X-Anonymous", "SP-Anonymous"]
  const visitor = addVisitor(() => "salt")

  test("removes the address and the visitor id", async () => {
    const { ask, lines, counted } = guardedGateway({
      privacy: { anonymousHeaders, visitor, mask: { ipv4: 24, ipv6: 48 } }
    })
    await ask("/t/x?a=1", { headers: { "x-anonymous": "1" } })
    await ask("/t/x?a=1&visitor=me", { headers: { "sp-anonymous": "*" } })
    expect(lines).toEqual([nameless, nameless])
    expect(counted).toEqual(["anonymised header", "anonymised header"])
  })

  test("has no effect with 0, or when not configured", async () => {
    const { ask, lines } = guardedGateway({ privacy: { anonymousHeaders } })
    await ask("/t/x?a=1", { headers: { "x-anonymous": "0" } })
    await ask("/t/x?a=1", { headers: { "x-anonymous": " " } })
    const off = guardedGateway()
    await off.ask("/t/x?a=1", { headers: { "x-anonymous": "1" } })
    expect([...lines, ...off.lines]).toEqual([kept, kept, kept])
  })
})

describe("the visitor id", () => {
  const today = dayOf(noon)
  const salts = new Map([
    [today - 1, "yesterday"],
    [today, "today"],
    [today + 1, "tomorrow"]
  ])
  const midnight = (today + 1) * 86_400_000
  const gateway = () =>
    guardedGateway({
      privacy: { visitor: addVisitor((day) => salts.get(day)), mask: { ipv4: 24, ipv6: 48 } }
    })
  const queryOf = (line: string | undefined) => new URLSearchParams(line?.split(" ")[5] ?? "")

  test("depends on address, user agent and host", async () => {
    const { ask, lines } = gateway()
    const headers = { "user-agent": "ua" }
    await ask("/t/x?a=1", { headers })
    await ask("/t/y", { headers })
    await ask("/t/x", { headers: { "user-agent": "other" } })
    await ask("/t/x", { headers, address: "203.0.113.10" })
    await ask("/t/x", { headers: { ...headers, host: "other.example.com" } })
    const ids = lines.map((line) => queryOf(line).get("visitor"))
    expect(ids[0]).toMatch(/^[0-9a-f]{16}$/)
    expect(ids[1]).toBe(ids[0])
    expect(new Set(ids).size).toBe(4)
    expect(lines[0]).toBe(`203.0.113.0 ${noon} trk.example.com nopod /t/x a=1&visitor=${ids[0]} ua`)
    expect(lines[1]).toBe(`203.0.113.0 ${noon} trk.example.com nopod /t/y visitor=${ids[1]} ua`)
  })

  test("changes each day, and for an hour both ids are added", async () => {
    const { ask, lines, clock } = gateway()
    for (const now of [midnight - 1, midnight, midnight + 3_599_999, midnight + 3_600_000]) {
      clock.now = now
      await ask("/t/x")
    }
    const [before, first, last, after] = lines.map(queryOf)
    expect(before?.get("visitor_before")).toBeNull()
    expect(first?.get("visitor_before")).toBe(before?.get("visitor") ?? "")
    expect(first?.get("visitor")).not.toBe(before?.get("visitor"))
    expect(last?.get("visitor_before")).toBe(before?.get("visitor") ?? "")
    expect(after?.get("visitor_before")).toBeNull()
    expect(after?.get("visitor")).toBe(first?.get("visitor") ?? "")
  })

  test("cannot be set by the client", async () => {
    const { ask, lines } = gateway()
    await ask("/t/x?visitor=me&a=1&%76isitor=me&visitor_before=me&visitors=2")
    expect(lines[0]).toMatch(/ a=1&visitors=2&visitor=[0-9a-f]{16} $/)
  })

  test("is missing without a salt, and the event is stored", async () => {
    const { ask, lines } = guardedGateway({ privacy: { visitor: addVisitor(() => undefined) } })
    expect((await ask("/t/x?a=1")).status).toBe(200)
    expect(lines).toEqual([kept])
  })
})
