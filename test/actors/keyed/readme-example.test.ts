/** The keyed actor in actors/README.md works as written there: a record for the first event of each device on each day. */
import { expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Context, Effect, Logger } from "effect"
import type { Actor } from "../../../actors/runtime/actor.ts"
import { makeHealth } from "../../../actors/runtime/health.ts"
import { start } from "../../../actors/runtime/supervisor.ts"
import { EventLog } from "../../../bridge/event-log/service.ts"
import { makeSqlite } from "../../../bridge/event-log/sqlite/log.ts"
import { KeyedStore } from "../../../bridge/keyed-store/service.ts"
import { sqliteKeyedStore } from "../../../bridge/keyed-store/sqlite.ts"
import { eventId, newBatchId, Topic } from "../../../contracts/ids.ts"
import { eventually } from "../../support/eventually.ts"

const root = join(import.meta.dirname, "..", "..", "..")
const [topic, results] = [Topic.make("events"), Topic.make("first-events")]
const meta =
  "type=Desktop&browser=&engine=&version=&os=&host=h&pod=p&ts=1&ip=cb007109&klag=5&country=US&city=XX"

/** The example, put where its packages are found, with imports as if it stood in `actors/`. */
const example = async (): Promise<Actor> => {
  const readme = readFileSync(join(root, "actors/README.md"), "utf8")
  const [, code = ""] = /<!-- keyed example -->\n```ts\n([\s\S]*?)```/.exec(readme) ?? []
  const folder = join(root, ".cache", `keyed-example-${process.pid}`)
  const file = join(folder, "first-events.ts")
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, code.replaceAll('"./', `"${root}/actors/`))
  try {
    return (await import(file)).FirstEvents
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test("the example emits one record for each device and day", async () => {
  const actor = await example()
  const folder = mkdtempSync(join(tmpdir(), "spoor-example-"))
  await Effect.gen(function* () {
    const log = yield* makeSqlite(folder)
    yield* log.ensureTopics([topic, results])
    const store = yield* sqliteKeyedStore(folder, 3_600_000)
    const context = Context.make(EventLog, log).pipe(Context.add(KeyedStore, store))
    const batch = newBatchId()
    const records = ["a", "b", "a", "a", "b", "c"].map((device, i) => ({
      topic,
      value: new TextEncoder().encode(`view ${meta} deviceid=${device}&n=${i}`),
      headers: { id: eventId(batch, i) }
    }))
    yield* log.append(records, "batch")
    yield* start(actor, context, makeHealth(), () => {})
    const found = yield* Effect.promise(() =>
      eventually("three records are emitted", async () => {
        const texts: Array<string> = []
        await Effect.runPromise(
          log.scan({ topics: [results], since: 0 }, (read) => {
            texts.push(...read.records.map(({ value }) => new TextDecoder().decode(value)))
            return false
          })
        )
        return texts.length >= 3 && texts
      })
    )
    const day = Math.floor(Date.now() / 86_400_000)
    // Tests do not run for days; at midnight the second event of a device is the first of a day.
    expect(found.slice(0, 2).map((text) => text.split(" ")[2]?.replace(/day=\d+/, "day"))).toEqual([
      "deviceid=a&day&type=view",
      "deviceid=b&day&type=view"
    ])
    expect(found[0]).toContain(`day=${day}`)
    expect(found[0]?.split(" ")[0]).toBe("first")
  }).pipe(
    Effect.scoped,
    Effect.provide(
      ConfigProvider.layer(ConfigProvider.fromUnknown({ KAFKA_TOPIC: topic, TIMER_DELAY: "0ms" }))
    ),
    Effect.provide(Logger.layer([])),
    Effect.runPromise
  )
  rmSync(folder, { recursive: true })
})
