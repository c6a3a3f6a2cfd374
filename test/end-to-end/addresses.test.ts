/** The client address of an event, from the header or the log line to the record, on embedded services. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import cases from "../gateway/address-cases.json" with { type: "json" }
import logLines from "../gateway/formats/log-lines.json" with { type: "json" }
import { eventually } from "../support/eventually.ts"
import { ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

interface Found {
  readonly address: string
  readonly raw: string
}

/** The events of this type in the log, oldest first, once there are `count`. */
const stored = (spoor: Spoor, type: string, count: number): Promise<ReadonlyArray<Found>> =>
  eventually(`${count} events of ${type} are stored`, async () => {
    const found = await fetch(new URL(`/api/search?type=${type}`, spoor.address("watch them")))
    const { events } = (await found.json()) as { events: ReadonlyArray<Found> }
    return events.length < count ? undefined : events
  })

for (const { name, settings, headers, address } of cases) {
  test(`case: ${name}`, async () => {
    const spoor = await startSpoor(["--all"], ownSettings(settings))
    const answer = await fetch(new URL("/t/a", spoor.address("send events")), { headers: headers as never })
    expect(answer.status).toBe(200)
    expect((await stored(spoor, "a", 1)).map((event) => event.address)).toEqual([address])
    await spoor.end()
  })
}

describe("behind a proxy, with default settings", () => {
  let spoor: Spoor
  beforeAll(async () => {
    spoor = await startSpoor(
      ["--all"],
      ownSettings({
        LINKS_TOKEN: "correct-horse-battery",
        VIEWER_PASSWORD: "correct-horse",
        RATE_LIMIT_PER_ADDRESS: "20/h"
      })
    )
  })
  afterAll(() => spoor.end())

  /** The statuses of requests that our proxy sends for one client, which forges another address each time. */
  const statuses = async (url: URL, count: number, client: string, more: Record<string, string> = {}) => {
    const seen: Array<number> = []
    for (let n = 0; n < count; n++) {
      const forged = `198.51.100.${n}`
      const headers = {
        ...more,
        "x-push-ip": forged,
        "x-real-ip": forged,
        "cf-connecting-ip": forged,
        "true-client-ip": forged,
        forwarded: `for=${forged}`,
        "x-forwarded-for": `${forged}, ${client}`
      }
      seen.push((await fetch(url, { headers })).status)
    }
    return seen
  }

  test("forged addresses do not evade the rate limit of an address", async () => {
    const seen = await statuses(new URL("/t/limited", spoor.address("send events")), 25, "203.0.113.1")
    expect(seen).toEqual([...Array(20).fill(200), ...Array(5).fill(429)])
  })

  test("forged addresses do not evade the limit of wrong link tokens and viewer passwords", async () => {
    const authorization = (secret: string) => ({ authorization: `Bearer ${secret}` })
    const links = new URL("/api/v1/links", spoor.address("send events"))
    const tokens = await statuses(links, 12, "203.0.113.2", authorization("wrong-horse-battery"))
    expect(tokens).toEqual([...Array(10).fill(401), 429, 429])

    const basic = { authorization: `Basic ${btoa("spoor:wrong")}` }
    const passwords = await statuses(
      new URL("/api/system", spoor.address("watch them")),
      12,
      "203.0.113.3",
      basic
    )
    expect(passwords).toEqual([...Array(10).fill(401), 429, 429])
  })
})

test("an untrusted proxy is reported once by the gateway and once by the viewer", async () => {
  const spoor = await startSpoor(["gateway", "viewer"], ownSettings({ TRUSTED_PROXIES: "10.0.0.0/8" }))
  const warnings = () =>
    spoor.output().match(/is not in TRUSTED_PROXIES, so 127\.0\.0\.1 counts/g)?.length ?? 0
  for (const what of ["send events", "watch them"]) {
    const before = warnings()
    const headers = { "x-forwarded-for": "203.0.113.7" }
    const paths = ["/t/a", "/api/system", "/t/b"]
    for (const path of paths) await fetch(new URL(path, spoor.address(what)), { headers })
    await eventually("the warning is logged", () => warnings() > before)
    expect(warnings()).toBe(before + 1)
  }
  expect(spoor.output()).toContain("set TRUSTED_PROXIES=10.0.0.0/8,127.0.0.1")
  await spoor.end()
})

describe("lines of a server log", () => {
  const lines = logLines.map(({ line }) => line).join("\n")
  const counts = { taken: logLines.filter(({ taken }) => taken).length }
  let spoor: Spoor
  beforeAll(async () => {
    spoor = await startSpoor(["--all"], ownSettings())
  })
  afterAll(() => spoor.end())

  const post = async (headers: Record<string, string> = {}) => {
    const url = new URL("/api/v1/beacon/log", spoor.address("send events"))
    const answer = await fetch(url, { method: "POST", body: lines, headers })
    return (await answer.json()) as { taken: number; rejected: number }
  }

  test("have their own address and user, or are rejected", async () => {
    expect(await post()).toMatchObject({ ...counts, rejected: logLines.length - counts.taken })
    const events = await stored(spoor, "log", counts.taken)
    expect(events.map(({ address }) => address)).toEqual(
      logLines.flatMap(({ address, taken }) => (taken ? [address ?? ""] : []))
    )
    for (const { raw } of events) expect(raw).not.toContain("user=")
  })

  test("have the sender's address when they come through our proxy from another client", async () => {
    expect(await post({ "x-forwarded-for": "203.0.113.7" })).toMatchObject(counts)
    const events = await stored(spoor, "log", 2 * counts.taken)
    const forged = events.filter(({ address }) => address === "203.0.113.7")
    expect(forged).toHaveLength(counts.taken)
  })
})
