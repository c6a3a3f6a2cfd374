/** The counts of each counter for records in either dialect and for invalid records; each event counts once. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Context, Effect, Logger, type Scope } from "effect"
import { EventCounter } from "../../../actors/event-counter.ts"
import { MetadataCounter } from "../../../actors/metadata-counter.ts"
import type { Actor } from "../../../actors/runtime/actor.ts"
import { makeHealth } from "../../../actors/runtime/health.ts"
import { type RunningActor, start } from "../../../actors/runtime/supervisor.ts"
import { SearchCounter } from "../../../actors/search-counter.ts"
import { EventLog } from "../../../bridge/event-log/service.ts"
import { makeSqlite } from "../../../bridge/event-log/sqlite/log.ts"
import { makeInProcess } from "../../../bridge/message-bus/in-process.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import { maxKeys, ProjectionStore } from "../../../bridge/projection-store/service.ts"
import { sqliteProjections } from "../../../bridge/projection-store/sqlite.ts"
import { Failure } from "../../../contracts/failure.ts"
import { type EventId, eventId, newBatchId, Topic } from "../../../contracts/ids.ts"
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
  `app_open ${meta()} action=${"x".repeat(5_000)}`,
  `offr ${meta()} action=a&action=b&text=x`,
  `offr ${meta()} action%5B%5D=preview`,
  `offr ${meta()} action=preview&text=`,
  `offr ${meta()} action=preview&action=preview&text=counted+as+no+preview`,
  `%E8%B4%AD ${meta()} action=`
]

const topic = Topic.make("events")

const appended = (log: EventLog["Service"], texts: ReadonlyArray<string>, ids: ReadonlyArray<EventId> = []) =>
  log.append(
    texts.map((text, i) => {
      const id = ids[i]
      return { topic, value: new TextEncoder().encode(text), headers: id === undefined ? {} : { id } }
    }),
    "batch"
  )

const newFolder = (): string => mkdtempSync(join(tmpdir(), "spoor-counters-"))

/** A log and a store, closed with the scope. */
const places = Effect.fnUntraced(function* (folder: string, storeFolder = folder) {
  const log = yield* makeSqlite(folder)
  yield* log.ensureTopics([topic])
  return { log, store: yield* sqliteProjections(storeFolder, { maxKeys, horizon: 60_000 }) }
})

const started = (
  actor: Actor,
  log: EventLog["Service"],
  store: ProjectionStore["Service"],
  bus = makeInProcess()
) => {
  const context = Context.make(EventLog, log).pipe(
    Context.add(ProjectionStore, store),
    Context.add(MessageBus, bus)
  )
  return start(actor, context, makeHealth(), () => {})
}

const handled = (running: RunningActor, count: number) =>
  Effect.promise(() =>
    eventually("all records are handled", () => running.meter.totals().events.succeeded >= count)
  )

const tableOf = (store: ProjectionStore["Service"], actor: Actor, table: string) =>
  Effect.map(store.top(actor.name, table, 100), (rows) =>
    Object.fromEntries(rows.map(({ key, count }) => [key, count]))
  )

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect).pipe(Effect.provide(Logger.layer([]))))

/** Runs the actor on these records and reads its tables. */
const countedBy = (actor: Actor, tables: ReadonlyArray<string>) =>
  run(
    Effect.gen(function* () {
      const { log, store } = yield* places(newFolder())
      yield* appended(log, records)
      yield* handled(yield* started(actor, log, store), records.length)
      const found: Record<string, Record<string, number>> = {}
      for (const table of tables) found[table] = yield* tableOf(store, actor, table)
      return found
    })
  )

describe("counters", () => {
  test("event-counter: by type, and by type and action", async () => {
    const byAction = {
      "app_open[tap]": 1,
      "offr[preview]": 4,
      "offr[buy]": 1,
      "offr[a,b]": 1,
      "offr[preview,preview]": 1,
      [`app_open[${"x".repeat(191)}`]: 1
    }
    expect(await countedBy(EventCounter, ["by-type", "by-action", "by-event"])).toEqual({
      "by-type": { app_open: 4, offr: 7, click: 1, 购: 1 },
      "by-action": byAction,
      "by-event": { ...byAction, app_open: 2, click: 1, 购: 1 }
    })
  })

  test("metadata-counter: by pod, address and country", async () => {
    expect(await countedBy(MetadataCounter, ["by-pod", "by-address", "by-country"])).toEqual({
      "by-pod": { "pod-1": 12, "": 1 },
      "by-address": { "203.0.113.9": 12, "127.0.0.1": 1 },
      "by-country": { US: 12, DE: 1 }
    })
  })

  test("search-counter: previews by text, however the space is written, and those without a text", async () => {
    expect(await countedBy(SearchCounter, ["by-text"])).toEqual({ "by-text": { "red shoes": 2, "": 2 } })
  })

  test("an event stored twice in the log counts once", () =>
    run(
      Effect.gen(function* () {
        const { log, store } = yield* places(newFolder())
        const batch = newBatchId()
        const ids = [0, 1, 0, 2, 1].map((place) => eventId(batch, place))
        yield* appended(
          log,
          ids.map(() => `app_open ${meta()} e`),
          ids
        )
        const running = yield* started(EventCounter, log, store)
        yield* handled(running, ids.length)
        yield* appended(log, [`app_open ${meta()} e`], [eventId(batch, 2)])
        yield* handled(running, ids.length + 1)
        expect(yield* tableOf(store, EventCounter, "by-type")).toEqual({ app_open: 3 })
      })
    ))

  test("an event that its client sends again counts once; a different event with the same client id counts", () =>
    run(
      Effect.gen(function* () {
        const { log, store } = yield* places(newFolder())
        const sent = "app_open A a=1&idempotency_key=7"
        const texts = [
          sent,
          sent,
          sent.replace("a=1", "a=2"),
          sent.replace("app_open", "app_close"),
          "app_open A a=1",
          "app_open A a=1",
          "app_open A a=1&idempotency_key=",
          "app_open A a=1&idempotency_key="
        ].map((text, i) => text.replace("A", meta().replace("klag=5", `klag=${i}`)))
        const batch = newBatchId()
        const ids = texts.map((_, place) => eventId(batch, place))
        yield* appended(log, texts, ids)
        const running = yield* started(EventCounter, log, store)
        yield* handled(running, texts.length)
        expect(yield* tableOf(store, EventCounter, "by-type")).toEqual({ app_open: 6, app_close: 1 })
        expect(running.meter.totals().events.repeated).toBe(1)

        yield* appended(log, [texts[1] ?? ""], [eventId(newBatchId(), 0)])
        yield* handled(running, texts.length + 1)
        expect(yield* tableOf(store, EventCounter, "by-type")).toEqual({ app_open: 6, app_close: 1 })
      })
    ))

  const visitor = "visitor=0123456789abcdef"
  for (const [setting, count] of [
    ["daily", 1],
    ["off", 4]
  ] as const) {
    test(`an event sent again under another visitor's id counts ${count === 1 ? "once" : "again"} with VISITOR_ID=${setting}`, () =>
      run(
        Effect.gen(function* () {
          const { log, store } = yield* places(newFolder())
          const sent = `app_open ${meta()} a=1&idempotency_key=7`
          const texts = ["", `&${visitor}`, `&${visitor}&visitor_before=f`, "&visitor=f"].map(
            (ids) => sent + ids
          )
          const batch = newBatchId()
          yield* appended(
            log,
            texts,
            texts.map((_, place) => eventId(batch, place))
          )
          yield* handled(yield* started(EventCounter, log, store), texts.length)
          expect(yield* tableOf(store, EventCounter, "by-type")).toEqual({ app_open: count })
        }).pipe(
          Effect.provideService(
            ConfigProvider.ConfigProvider,
            ConfigProvider.fromUnknown({ VISITOR_ID: setting })
          )
        )
      ))
  }

  for (const [setting, count] of [
    ["trace", 1],
    ["other", 3]
  ] as const) {
    test(`an event sent again in another request's trace counts ${count} with TRACE_PARAM=${setting}`, () =>
      run(
        Effect.gen(function* () {
          const { log, store } = yield* places(newFolder())
          const context = (digit: string): string => `&trace=00-${"a".repeat(32)}-${digit.repeat(16)}-01`
          const texts = ["", context("b"), context("c")].map(
            (added) => `app_open ${meta()} a=1&idempotency_key=7${added}`
          )
          const batch = newBatchId()
          yield* appended(
            log,
            texts,
            texts.map((_, place) => eventId(batch, place))
          )
          yield* handled(yield* started(EventCounter, log, store), texts.length)
          expect(yield* tableOf(store, EventCounter, "by-type")).toEqual({ app_open: count })
        }).pipe(
          Effect.provideService(
            ConfigProvider.ConfigProvider,
            ConfigProvider.fromUnknown({ TRACE_PARAM: setting })
          )
        )
      ))
  }

  test("a log that was deleted and created again is counted from its beginning", () =>
    run(
      Effect.gen(function* () {
        const storeFolder = newFolder()
        for (const [texts, count] of [
          [records.slice(0, 2), 2],
          [records.slice(0, 1), 3]
        ] as const) {
          const { log, store } = yield* places(newFolder(), storeFolder)
          yield* appended(log, texts)
          const running = yield* started(EventCounter, log, store)
          yield* handled(running, texts.length)
          yield* running.drain
          expect(yield* tableOf(store, EventCounter, "by-type")).toEqual({ app_open: count })
        }
      })
    ))

  test("a batch whose handling fails is handled again, and its offset is not committed before", () =>
    run(
      Effect.gen(function* () {
        const { log, store } = yield* places(newFolder())
        yield* appended(log, records)
        let failures = 0
        const failing = (times: number): ProjectionStore["Service"] => ({
          ...store,
          apply: (projection, batch) => {
            if (failures >= times) return store.apply(projection, batch)
            failures += 1
            return Effect.fail(new Failure({ reason: "unavailable", message: "not now" }))
          }
        })
        const refused = yield* started(EventCounter, log, failing(Number.POSITIVE_INFINITY))
        yield* Effect.promise(() => eventually("the batch is handled again", () => failures >= 2))
        yield* refused.drain
        expect(yield* tableOf(store, EventCounter, "by-type")).toEqual({})

        failures = 0
        yield* handled(yield* started(EventCounter, log, failing(1)), records.length)
        expect(failures).toBe(1)
        expect(yield* tableOf(store, EventCounter, "by-type")).toEqual({
          app_open: 4,
          offr: 7,
          click: 1,
          购: 1
        })
      })
    ))
})
