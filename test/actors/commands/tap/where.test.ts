/** `--where`: the viewer's conditions on parameters, and country, device and address beside them. */
import { describe, expect, test } from "bun:test"
import { type TapRequest, tapOptions, tapRequest } from "../../../../actors/commands/tap/options.ts"
import { readWhere } from "../../../../actors/commands/tap/where.ts"
import { eventView } from "../../../../actors/inspect/events/event-view.ts"
import type { ByteString } from "../../../../contracts/event.ts"
import { errorOf, inputOf } from "../parsed.ts"

const view = eventView({
  stage: "enriched",
  topic: "events",
  partition: undefined,
  offset: undefined,
  timestamp: 0,
  id: "1-0",
  value:
    "app_open type=Mobile&browser=Chrome&engine=&version=129.0&os=Android&host=h&pod=p&ts=1795206900000&ip=0a000001&klag=5&country=DE&city=Berlin item=Red%20Shoe&country=mars&n=1" as ByteString,
  times: {}
})

const tap = async (...args: ReadonlyArray<string>): Promise<TapRequest> =>
  tapRequest(await inputOf(tapOptions, ["enriched", ...args]))

describe("--where", () => {
  test.each([
    ["", true],
    ["n", true],
    ["n=1", true],
    ["n=2", false],
    ["missing", false],
    ["item~shoe", true],
    ["ITEM=red shoe", true],
    ["item~boot", false],
    ["n=1&item~red", true],
    ["n=1&item~blue", false],
    ["country=de", true],
    ["country=mars", false],
    ["param.country=mars", true],
    ["param.country=de", false],
    ["country", true],
    ["country~d", true],
    ["country=de&country=fr", false],
    ["device=phone", true],
    ["device=mobile", true],
    ["device=desktop", false],
    ["device~chrome", true],
    ["address=10.0.0.1", true],
    ["address~10.0.", true],
    ["address~10.1.", false],
    ["country=de&device=phone&address~10.&n=1", true],
    ["country=de&device=phone&address~10.&n=2", false]
  ])("%s: %p", async (where, expected) => {
    expect((await tap("--where", where)).isMatch(view)).toBe(expected)
  })

  test("the viewer gets the part that it can filter by", () => {
    expect(readWhere("n=1&country=de&device=phone&address~10.&item~a%26b&param.device=x").filter).toEqual({
      param: "n=1&item~a%26b&device=x",
      country: "de",
      device: "phone"
    })
    expect(readWhere("country~d&device").filter).toEqual({})
  })
})

describe("the tap's command line", () => {
  test("topic, type and text filter too", async () => {
    const isMatch = async (...args: ReadonlyArray<string>) => (await tap(...args)).isMatch(view)
    expect(await isMatch("--topic", "events", "--type", "=app_open", "--text", "berlin")).toBe(true)
    expect(await isMatch("--topic", "clicks")).toBe(false)
    expect(await isMatch("--type", "=app")).toBe(false)
    expect(await isMatch("--text", "paris")).toBe(false)
    expect(await tap("--limit", "3", "--json")).toMatchObject({
      limit: 3,
      json: true,
      filter: { stage: "enriched" }
    })
  })

  test.each([
    [[], "<stage>: raw|enriched|stored|rejected"],
    [["bogus"], '<stage> cannot be "bogus"; write "raw" | "enriched" | "stored" | "rejected"'],
    [["raw", "stored"], '"stored" is one argument too many'],
    [["raw", "--limit", "0"], '--limit cannot be "0"; write a whole number, 1 or more'],
    [["raw", "--type", "x".repeat(2_000)], "write at most 1,000 characters"],
    [["raw", "--where", "x".repeat(2_000)], "write at most 1,000 characters"]
  ])("%j is invalid", async (args, part) => {
    expect(await errorOf(tapOptions, args)).toContain(part)
  })
})
