/** The counters click-stats and postback-stats: what a click, a conversion and an answer of a postback add, in either dialect. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Context, Effect, Logger } from "effect"
import { ClickStats } from "../../../actors/click-stats.ts"
import { countings } from "../../../actors/counter/countings.ts"
import { keptTables } from "../../../actors/inspect/counters/tables.ts"
import { PostbackStats } from "../../../actors/postback-stats.ts"
import type { Actor } from "../../../actors/runtime/actor.ts"
import { makeHealth } from "../../../actors/runtime/health.ts"
import { start } from "../../../actors/runtime/supervisor.ts"
import { EventLog } from "../../../bridge/event-log/service.ts"
import { makeSqlite } from "../../../bridge/event-log/sqlite/log.ts"
import { makeInProcess } from "../../../bridge/message-bus/in-process.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import { ProjectionStore } from "../../../bridge/projection-store/service.ts"
import { sqliteProjections } from "../../../bridge/projection-store/sqlite.ts"
import { Topic } from "../../../contracts/ids.ts"
import { eventually } from "../../support/eventually.ts"

const adtekio = (device: string, name: string, bot = "") =>
  `bot_name${bot === "" ? "" : `=${bot}`}&country=DE&device=${device}&device_name=${name}&ip=1&klag=0&platform=ios&ts=1`
const pushtech = (type: string) =>
  `type=${type}&browser=&engine=&version=&os=Android&host=h&pod=p&ts=1&ip=1&klag=5&country=US&city=XX`
const none = pushtech("").replace("os=Android", "os=").replace("country=US", "country=")

const records: ReadonlyArray<readonly [topic: string, record: string]> = [
  ["clicks", `/t/click ${adtekio("mobile", "iPhone")} campaign_link_id=41&idfa_comb=ABC&lookup_key=a&adid=`],
  ["clicks", `/t/click ${adtekio("", "", "Googlebot")} campaign_link_id=41&idfa_comb=&lookup_key=b`],
  ["clicks", `/click/spring/go ${adtekio("tablet", "iPad")} redirect_url=x&lookup_key=c`],
  [
    "clicks",
    `click ${pushtech("Mobile")} campaign_link_id=41&lookup_key=d&gaid=38400000-8cf0-11bd-b23e-10b96e40000d`
  ],
  ["clicks", `/t/click ${adtekio("mobile", "iPhone")} campaign_link_id=41`],
  ["clicks", `/t/other ${adtekio("mobile", "iPhone")} campaign_link_id=41&lookup_key=a`],
  ["events", `/t/click ${adtekio("mobile", "iPhone")} campaign_link_id=41&lookup_key=forged`],
  ["events", `pob ${pushtech("")} pbid=7&rc=200&s=ok`],
  ["events", `pob ${pushtech("")} pbid=7&rc=500`],
  ["events", `/t/pob ${adtekio("", "")} pbid=8&rc=200`],
  ["events", `pay ${pushtech("Mobile")} pbid=7&rc=200`],
  ["conversions", `mac ${none} click_id=a&country=FR&campaign_link_id=41&click.country=DE`],
  ["conversions", `pay ${none} click_id=a&country=FR&campaign_link_id=41`]
]

/** The tables of an actor after it has read the records of the topics that it reads. */
const counted = (actor: Actor, reads: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const folder = mkdtempSync(join(tmpdir(), "spoor-stats-"))
    const log = yield* makeSqlite(folder)
    const store = yield* sqliteProjections(folder, { maxKeys: 100, horizon: 60_000 })
    yield* log.ensureTopics(["events", "clicks", "conversions"].map((name) => Topic.make(name)))
    const appended = records.map(([topic, text], i) => ({
      ...{ topic: Topic.make(topic), value: new TextEncoder().encode(text), headers: { id: `event-${i}` } }
    }))
    yield* log.append(appended, "batch")
    const context = Context.make(EventLog, log).pipe(
      Context.add(ProjectionStore, store),
      Context.add(MessageBus, makeInProcess())
    )
    const running = yield* start(actor, context, makeHealth(), () => {})
    const count = records.filter(([topic]) => reads.includes(topic)).length
    yield* Effect.promise(() =>
      eventually("all records are handled", () => running.meter.totals().events.succeeded >= count)
    )
    const tables: Record<string, Record<string, number>> = {}
    for (const { counter, name } of keptTables)
      if (counter === actor.name) {
        const rows = yield* store.top(counter, name, 100)
        tables[name] = Object.fromEntries(rows.map(({ key, count: events }) => [key, events]))
      }
    return tables
  }).pipe(
    Effect.scoped,
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ KAFKA_TOPICS: "clicks" }))),
    Effect.provide(Logger.layer([])),
    Effect.runPromise
  )

describe("per campaign link and per postback", () => {
  test("click-stats counts clicks of the topic clicks, and conversions", async () => {
    expect(await counted(ClickStats, ["clicks", "conversions"])).toEqual({
      "clicks-by-link": { "41": 3, spring: 1 },
      "clicks-by-country": { "41 DE": 2, "41 US": 1, "spring DE": 1 },
      "clicks-by-platform": { "41 ios": 2, "41 android": 1, "spring ios": 1 },
      "clicks-by-device": { "41 iPhone": 1, "41 ": 2, "spring iPad": 1 },
      "clicks-by-device-type": { "41 mobile": 2, "41 ": 1, "spring tablet": 1 },
      "bot-clicks-by-link": { "41": 1 },
      "clicks-with-id-by-link": { "41": 2 },
      "conversions-by-link": { "41": 1 },
      "conversions-by-country": { "41 FR": 1 }
    })
  })

  test("postback-stats counts answers by postback and status", async () => {
    expect(await counted(PostbackStats, ["clicks", "events"])).toEqual({
      "answers-by-postback": { "7": 2, "8": 1 },
      "answers-by-status": { "7 200": 1, "7 500": 1, "8 200": 1 }
    })
  })

  test("the viewer counts them in a range of time, and knows their tables", () => {
    for (const name of ["click-stats", "postback-stats"]) {
      expect(countings.has(name)).toBe(true)
      expect(keptTables.some(({ counter }) => counter === name)).toBe(true)
    }
  })
})
