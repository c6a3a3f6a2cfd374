/** The dry run shows what the drainer and the enricher would do with a line, with this installation's settings. */
import { describe, expect, test } from "bun:test"
import { ConfigProvider, Effect } from "effect"
import { makeDryRun } from "../../../../actors/inspect/dead-letters/dry-run.ts"
import { GeoIp } from "../../../../bridge/geo-ip/service.ts"
import type { ByteString } from "../../../../contracts/event.ts"
import type { Topic } from "../../../../contracts/ids.ts"

const events = "events" as Topic
const topics = { standard: events, allowed: new Set(["clicks"]), all: [events, "clicks" as Topic] }
const geo = GeoIp.of({
  database: "test",
  locate: (ip) => {
    if (ip === "6.6.6.6") throw new Error("no such place")
    return { country: "DE", city: "Bonn" }
  },
  details: () => ({ country: "DE", city: "Bonn" })
})
const tryLine = await Effect.runPromise(
  makeDryRun(topics).pipe(
    Effect.provideService(GeoIp, geo),
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ KAFKA_KEY_PARAM: "device" })))
  )
)
const tried = (line: string) => tryLine(line as ByteString, 1_510_826_008_100)

describe("the dry run of a line", () => {
  test("returns the record that would be stored: topic, key and value", () => {
    const trial = tried("1.2.3.4 1510826008003 host pod /t/a device=d1 curl/8")
    expect(trial).toMatchObject({ kind: "stored", topic: "events", key: "d1", isTopicUnknown: false })
    const value = trial.kind === "stored" ? new TextDecoder().decode(trial.value) : ""
    expect(value).toMatch(/^a type=.*&klag=97&country=DE&city=Bonn device=d1$/)
  })

  test("counts bytes, not characters: a byte that is not ASCII takes no more room", () => {
    expect(tried(`1.2.3.4 1 host pod /a e ${"\xff".repeat(300_000)}`)).toMatchObject({ kind: "stored" })
  })

  test("uses the topic of the line, or the standard topic for one that is not allowed", () => {
    expect(tried("1.2.3.4 1 clicks /a p")).toMatchObject({ topic: "clicks", isTopicUnknown: false })
    expect(tried("1.2.3.4 1 other /a p")).toMatchObject({ topic: "events", isTopicUnknown: true })
  })

  for (const [line, stage, reason] of [
    ["", "drainer", "empty"],
    ["1.2.3.4 soon host pod /a e", "drainer", "time is not a number"],
    ["6.6.6.6 1 host pod /a e", "enricher", "not enriched"],
    [`1.2.3.4 1 host pod /a ${"x".repeat(600_000)}`, "drainer", "too large"],
    [`1.2.3.4 1 host pod /a e ${"\xff".repeat(600_000)}`, "drainer", "too large"]
  ] as const) {
    test(`returns the rejection: ${reason} (${line.length} bytes)`, () => {
      expect(tried(line)).toMatchObject({ kind: "dead", rejection: { stage, reason, topic: "events" } })
    })
  }
})
