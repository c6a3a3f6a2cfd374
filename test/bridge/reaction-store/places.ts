/** Where the checks of the stores of reactions keep them: each place is empty when it is opened first. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { redisReactionStore } from "../../../bridge/reaction-store/redis/store.ts"
import { sqliteReactionStore } from "../../../bridge/reaction-store/sqlite/store.ts"
import { connect } from "../../../bridge/redis/connection.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { secretUrl } from "../../support/redis.ts"
import type { Running } from "../../support/server.ts"
import type { Place } from "./check.ts"

/** All reactions of a server are one store, so the server is emptied. */
export const onServer = (
  start: () => Promise<Running | undefined>
): {
  readonly place: Effect.Effect<Place, Failure, Scope.Scope>
  readonly stop: () => Promise<void>
} => {
  let started: Promise<Running | undefined> | undefined
  return {
    stop: async () => (await started)?.stop(),
    place: Effect.gen(function* () {
      started ??= start()
      const running = yield* Effect.promise(async () => started)
      const url = secretUrl(running?.url ?? "")
      const connection = yield* connect(url)
      yield* connection.script("return redis.call('FLUSHDB')")(["{spoor:reactions}:waiting"], [])
      return (horizon) => redisReactionStore(url, horizon)
    })
  }
}

export const inFile: Effect.Effect<Place, Failure, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "spoor-reactions-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
).pipe(Effect.map((directory) => (horizon) => sqliteReactionStore(directory, horizon)))
