/** The counters' tables from a real store, and what VIEWER_MASK hides of them. */
import { expect, test } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Effect, Layer, Logger } from "effect"
import { type CounterTables, counters, makeCounterTables } from "../../../actors/viewer/counters.ts"
import { maxKeys, ProjectionStore, type Row } from "../../../bridge/projection-store/service.ts"
import { sqliteProjections } from "../../../bridge/projection-store/sqlite.ts"
import { Topic } from "../../../contracts/ids.ts"
import { ask, ownPage } from "./requests.ts"

const tablesWith = Effect.fnUntraced(function* (mask: string) {
  const directory = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "spoor-counter-tables-"))),
    (made) => Effect.promise(() => rm(made, { recursive: true }))
  )
  const store = yield* sqliteProjections(directory, { maxKeys, horizon: 60_000 })
  const add = (counter: string, table: string, keys: ReadonlyArray<string>, offset = "0") =>
    store.apply(counter, {
      topic: Topic.make("events"),
      partition: 0,
      end: "9",
      effects: [{ offset, id: undefined, increments: keys.map((key) => ({ table, key, by: 2 })) }]
    })
  yield* add("event-counter", "by-action", ["offr[preview]"])
  for (const [offset, table, key] of [
    ["0", "by-address", "203.0.113.9"],
    ["1", "by-pod", "pod-1"],
    ["2", "by-country", "DE"]
  ] as const) {
    yield* add("metadata-counter", table, [key], offset)
  }
  yield* add(
    "search-counter",
    "by-text",
    Array.from({ length: 300 }, (_, n) => `text ${n}`)
  )
  return yield* makeCounterTables.pipe(
    Effect.provideService(ProjectionStore, store),
    Effect.provide(Logger.layer([])),
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ VIEWER_MASK: mask })))
  )
})

const check = (
  what: string,
  mask: string,
  body: (counterTables: Effect.Success<ReturnType<typeof tablesWith>>) => Promise<void>
) =>
  test(what, () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.flatMap(tablesWith(mask), (counterTables) => Effect.promise(() => body(counterTables)))
      )
    )
  )

check("a page has the largest rows, a download all", "", async ({ tables, table }) => {
  expect((await tables("search-counter"))["by-text"]).toHaveLength(200)
  expect(await table("search-counter", "by-text")).toHaveLength(300)
  expect(await table("metadata-counter", "by-address")).toEqual([{ address: "203.0.113.9", events: 2 }])
  expect(Object.keys(await tables("metadata-counter"))).toEqual(["by-pod", "by-address", "by-country"])
  expect(await tables("nobody")).toEqual({})
})

check(
  "pods and countries can be masked, and an address by its field name",
  "pod,country,ip",
  async ({ table }) => {
    for (const [name, column] of [
      ["by-pod", "pod"],
      ["by-country", "country"],
      ["by-address", "address"]
    ] as const) {
      expect(await table("metadata-counter", name)).toEqual([{ [column]: "•••", events: 2 }])
    }
  }
)

test("a table that has been full has upper bounds of its counts; others do not", () =>
  Effect.gen(function* () {
    const rows = (key: string, count: number, error?: number): Row => ({
      key,
      count,
      ...(error === undefined ? {} : { error })
    })
    const store = Layer.mock(ProjectionStore, {
      dependency: { kind: "none", embedded: true, address: "", check: Effect.void },
      top: (_, table) =>
        Effect.succeed(
          table === "by-type" ? [rows("(other)", 90), rows("a", 5, 2), rows("b", 4)] : [rows("a[x]", 1)]
        )
    })
    const { table } = yield* makeCounterTables.pipe(Effect.provide(store))
    expect(yield* Effect.promise(() => table("event-counter", "by-type"))).toEqual([
      { type: "(other)", events: 90, "at most": 90 },
      { type: "a", events: 5, "at most": 7 },
      { type: "b", events: 4, "at most": 4 }
    ])
    expect(yield* Effect.promise(() => table("event-counter", "by-action"))).toEqual([
      { action: "a[x]", events: 1 }
    ])
  }).pipe(Effect.runPromise))

const reset = (
  counterTables: CounterTables,
  body: unknown,
  headers: Readonly<Record<string, string>> = ownPage
) =>
  ask(
    "/api/counters/reset",
    { counterTables, counters },
    { method: "POST", headers, body: JSON.stringify(body) }
  )

check("a table is reset by a command of the viewer's own page only", "", async (counterTables) => {
  const { origin: _, ...unnamed } = ownPage
  const command = { counter: "metadata-counter", table: "by-pod" }
  expect((await reset(counterTables, command, unnamed)).status).toBe(401)
  expect(
    (await reset(counterTables, command, { ...ownPage, origin: "https://elsewhere.example" })).status
  ).toBe(401)
  expect((await ask("/api/counters/reset", { counterTables, counters })).status).toBe(405)
  for (const wrong of [{}, { counter: "metadata-counter" }, { ...command, all: true }, []])
    expect((await reset(counterTables, wrong)).status).toBe(400)
  for (const other of [
    { counter: "metadata-counter", table: "by-type" },
    { ...command, counter: "other" }
  ])
    expect((await reset(counterTables, other)).status).toBe(404)
  expect(await counterTables.table("metadata-counter", "by-pod")).toHaveLength(1)

  const response = await reset(counterTables, command)
  expect([response.status, await response.json()]).toEqual([200, { ...command, reset: true }])
  expect(await counterTables.table("metadata-counter", "by-pod")).toEqual([])
  expect(await counterTables.table("metadata-counter", "by-country")).toHaveLength(1)
})

check("masked values are not in the tables", "address,text,action", async ({ tables, table }) => {
  expect(await table("metadata-counter", "by-address")).toEqual([{ address: "•••", events: 2 }])
  expect((await tables("event-counter"))["by-action"]).toEqual([{ action: "offr[•••]", events: 2 }])
  expect(new Set((await table("search-counter", "by-text")).map(({ text }) => text))).toEqual(
    new Set(["•••"])
  )
})
