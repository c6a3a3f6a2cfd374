/** What each counter makes of records in either dialect, and of what is no record at all. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Context, Effect } from "effect"
import { EventCounter } from "../../../actors/event-counter.ts"
import { MetadataCounter } from "../../../actors/metadata-counter.ts"
import { SearchCounter } from "../../../actors/search-counter.ts"
import type { Actor } from "../../../actors/system/actor.ts"
import { makeHealth } from "../../../actors/system/health.ts"
import { start } from "../../../actors/system/life.ts"
import { EventLog } from "../../../bridge/event-log/service.ts"
import { makeSqlite } from "../../../bridge/event-log/sqlite.ts"
import { maxKeys, ProjectionStore } from "../../../bridge/projection-store/service.ts"
import { sqliteProjections } from "../../../bridge/projection-store/sqlite.ts"
import { Topic } from "../../../contracts/ids.ts"
import { eventually } from "../../support/eventually.ts"

const meta = (more = "") =>
  `type=Desktop&browser=&engine=&version=&os=&host=h&pod=pod-1&ts=1&ip=cb007109&klag=5&country=US&city=XX${more}`

const records = [
  `app_open ${meta()} a=1`,
  `app_open ${meta()} action=tap`,
  `offr ${meta()} action=preview&text=red%20shoes`,
  `offr ${meta()} action=preview&text=red+shoes`,
  `offr ${meta()} action=buy&text=nothing`,
  "/t/click bot_name&country=DE&device=mobile&device_name&ip=2130706433&klag=0&platform=ios&ts=1795206905 p",
  `app_open ${meta("").replace("klag=5", "klag=1e300")} e`,
  "this is no record of ours, and moves nothing but the fence",
  `app_open ${meta()} action=${"x".repeat(5_000)}`
]

/** Runs the actor on those records and reads its tables. */
const countedBy = (actor: Actor, tables: ReadonlyArray<string>) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const folder = mkdtempSync(join(tmpdir(), "spoor-counters-"))
        const log = yield* makeSqlite(folder)
        const store = yield* sqliteProjections(folder, { maxKeys, horizon: 60_000 })
        const topic = Topic.make("events")
        yield* log.ensureTopics([topic])
        const value = (text: string): Uint8Array => new TextEncoder().encode(text)
        yield* log.append(
          records.map((text) => ({ topic, value: value(text), headers: {} })),
          "batch"
        )
        const context = Context.make(EventLog, log).pipe(Context.add(ProjectionStore, store))
        const life = yield* start(actor, context, makeHealth(), () => {})
        yield* Effect.promise(() =>
          eventually("all records are handled", () => life.meter.totals().events.succeeded >= records.length)
        )
        const found: Record<string, Record<string, number>> = {}
        for (const table of tables) {
          const rows = yield* store.top(actor.name, table, 100)
          found[table] = Object.fromEntries(rows.map(({ key, count }) => [key, count]))
        }
        return found
      })
    )
  )

describe("counters", () => {
  test("event-counter: by type, and by type and action", async () => {
    expect(await countedBy(EventCounter, ["by-type", "by-action"])).toEqual({
      "by-type": { app_open: 4, offr: 3, click: 1 },
      "by-action": {
        "app_open[tap]": 1,
        "offr[preview]": 2,
        "offr[buy]": 1,
        [`app_open[${"x".repeat(191)}`]: 1
      }
    })
  })

  test("metadata-counter: by pod, address and country", async () => {
    expect(await countedBy(MetadataCounter, ["by-pod", "by-address", "by-country"])).toEqual({
      "by-pod": { "pod-1": 7, "": 1 },
      "by-address": { "203.0.113.9": 7, "127.0.0.1": 1 },
      "by-country": { US: 7, DE: 1 }
    })
  })

  test("search-counter: previews by text, however the space is written", async () => {
    expect(await countedBy(SearchCounter, ["by-text"])).toEqual({ "by-text": { "red shoes": 2 } })
  })
})
