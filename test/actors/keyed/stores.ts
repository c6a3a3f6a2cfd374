/** The stores of keyed actors for property tests: each use gets places that nothing else uses. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Logger, type Scope } from "effect"
import { redisKeyedStore } from "../../../bridge/keyed-store/redis.ts"
import type { KeyedStore } from "../../../bridge/keyed-store/service.ts"
import { sqliteKeyedStore } from "../../../bridge/keyed-store/sqlite.ts"
import { redisServer, secretUrl } from "../../support/redis.ts"
import { serverUrl } from "../../support/server.ts"

export type Store = KeyedStore["Service"]

const horizon = 3_600_000

/** Two stores on the same data, as in two processes; undefined when their server is missing. */
type Open = Effect.Effect<readonly [Store, Store], unknown, Scope.Scope>

const url = await serverUrl(redisServer)

export const stores: ReadonlyArray<readonly [name: string, open: Open | undefined]> = [
  [
    "in a file",
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "spoor-keyed-"))),
        (made) => Effect.sync(() => rmSync(made, { recursive: true }))
      )
      return [yield* sqliteKeyedStore(folder, horizon), yield* sqliteKeyedStore(folder, horizon)] as const
    })
  ],
  [
    "on Redis",
    url === undefined
      ? undefined
      : Effect.all([redisKeyedStore(secretUrl(url), horizon), redisKeyedStore(secretUrl(url), horizon)])
  ]
]

/** Runs a test with the two stores. */
export const withStores = (
  open: Open | undefined,
  body: (stores: readonly [Store, Store]) => Promise<void>
): Promise<void> =>
  open === undefined
    ? Promise.resolve()
    : Effect.flatMap(open, (both) => Effect.promise(() => body(both))).pipe(
        Effect.scoped,
        Effect.provide(Logger.layer([])),
        Effect.runPromise
      )

/** The seed of a property: KEYED_SEED repeats an earlier run. */
export const seed = Number(process.env.KEYED_SEED ?? Math.floor(Math.random() * 1_000_000_000))
