/** What the viewer shows of real tables, and what VIEWER_MASK hides of them. */
import { expect, test } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Effect } from "effect"
import { makeCounted } from "../../../actors/viewer/counters.ts"
import { maxKeys, ProjectionStore } from "../../../bridge/projection-store/service.ts"
import { sqliteProjections } from "../../../bridge/projection-store/sqlite.ts"
import { Topic } from "../../../contracts/ids.ts"

const counted = Effect.fnUntraced(function* (mask: string) {
  const directory = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "spoor-counted-"))),
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
  return yield* makeCounted.pipe(
    Effect.provideService(ProjectionStore, store),
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ VIEWER_MASK: mask })))
  )
})

const check = (
  what: string,
  mask: string,
  body: (told: Effect.Success<ReturnType<typeof counted>>) => Promise<void>
) =>
  test(what, () =>
    Effect.runPromise(
      Effect.scoped(Effect.flatMap(counted(mask), (told) => Effect.promise(() => body(told))))
    )
  )

check("a page shows the largest rows, a download all", "", async ({ tables, table }) => {
  expect((await tables("search-counter"))["by-text"]).toHaveLength(200)
  expect(await table("search-counter", "by-text")).toHaveLength(300)
  expect(await table("metadata-counter", "by-address")).toEqual([{ address: "203.0.113.9", events: 2 }])
  expect(Object.keys(await tables("metadata-counter"))).toEqual(["by-pod", "by-address", "by-country"])
  expect(await tables("nobody")).toEqual({})
})

check(
  "pods and countries can be masked, and an address by its other name",
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

check("what is masked is not in tables either", "address,text,action", async ({ tables, table }) => {
  expect(await table("metadata-counter", "by-address")).toEqual([{ address: "•••", events: 2 }])
  expect((await tables("event-counter"))["by-action"]).toEqual([{ action: "offr[•••]", events: 2 }])
  expect(new Set((await table("search-counter", "by-text")).map(({ text }) => text))).toEqual(
    new Set(["•••"])
  )
})
