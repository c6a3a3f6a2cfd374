/** The reactions in a file beyond the contract: what a repair mends, what is forgotten, and where the settings put it. */
import { expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Effect, Layer, Logger, type Scope } from "effect"
import { layer } from "../../../bridge/reaction-store/layer.ts"
import { ReactionStore } from "../../../bridge/reaction-store/service.ts"
import { sqliteReactionStore } from "../../../bridge/reaction-store/sqlite/store.ts"
import { openAsIs } from "../../../bridge/sqlite/database.ts"
import { databases } from "../../../bridge/sqlite/databases.ts"
import {
  claim,
  claimOne,
  delivered,
  delivery,
  hour,
  later,
  ledger,
  line,
  settle,
  settlement,
  target
} from "./check.ts"

const inFolder = (body: (directory: string) => Effect.Effect<void, unknown, Scope.Scope>): Promise<void> =>
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "spoor-reactions-"))),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
  ).pipe(Effect.flatMap(body), Effect.scoped, Effect.provide(Logger.layer([])), Effect.runPromise)

/** Changes the file as nobody who has it open does. */
const behind = (directory: string, sql: string): void => {
  const database = openAsIs(join(directory, "reactions.sqlite"))
  database.exec(sql)
  database.close()
}

test("a clock that is set back does not stop the targets that were called before", () =>
  inFolder((directory) =>
    Effect.gen(function* () {
      const store = yield* sqliteReactionStore(directory, hour)
      const limits = { concurrency: undefined, perSecond: 10 }
      yield* store.add([delivery("a", { limits })])
      yield* settle(store, settlement(yield* claimOne(store), delivered))
      // As if the clock had been an hour ahead until now.
      behind(
        directory,
        `UPDATE targets SET state = json_set(state, '$.served', json_extract(state, '$.served') + 3600000,
          '$.paidUntil', json_extract(state, '$.paidUntil') + 3600000)`
      )
      yield* store.add([delivery("b", { limits })])
      yield* store.awaitDue(5_000)
      expect((yield* claim(store)).map((one) => String(one.id))).toEqual(["b"])
    })
  ))

test("the limit of a rule that is gone holds its target for a day at most", () =>
  inFolder((directory) =>
    Effect.gen(function* () {
      const store = yield* sqliteReactionStore(directory, hour)
      yield* store.add([delivery("a", { rule: "gone", limits: { concurrency: 1, perSecond: undefined } })])
      yield* settle(store, settlement(yield* claimOne(store), delivered))
      behind(
        directory,
        "UPDATE targets SET state = json_set(state, '$.limits.gone.at', json_extract(state, '$.limits.gone.at') - 86400001)"
      )
      yield* store.add([delivery("b")])
      yield* settle(store, settlement(yield* claimOne(store), delivered))
      yield* store.add([delivery("c"), delivery("d")])
      expect((yield* claim(store)).map((one) => String(one.id))).toEqual(["c", "d"])
    })
  ))

test("after a repair that lost rows the ledger adds up again, and what is left is delivered", () =>
  inFolder((directory) =>
    Effect.gen(function* () {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const store = yield* sqliteReactionStore(directory, hour)
          yield* store.add(["a", "b", "c", "d", "e"].map((name) => delivery(name)))
          yield* settle(store, settlement(yield* claimOne(store), { kind: "dead" }))
          yield* settle(store, settlement(yield* claimOne(store), delivered))
          yield* claimOne(store, { leaseMs: 0 })
        })
      )
      behind(directory, "DELETE FROM deliveries WHERE id = 'e'; DELETE FROM targets; DELETE FROM dead")
      behind(directory, databases.reactions.mend ?? "")
      const store = yield* sqliteReactionStore(directory, hour)
      expect(yield* line(store)).toEqual({ matched: 3, delivered: 1, waiting: 1, inFlight: 1 })
      const left = yield* claim(store)
      expect(left.map((one) => String(one.id)).toSorted()).toEqual(["c", "d"])
      yield* settle(store, ...left.map((one) => settlement(one, delivered)))
      expect(yield* line(store)).toEqual({ matched: 3, delivered: 3 })
    })
  ))

test("targets that nobody used for a day are forgotten, but for those with a state; old gates and calls as well", () =>
  inFolder((directory) =>
    Effect.gen(function* () {
      const store = yield* sqliteReactionStore(directory, hour)
      const gates = [{ kind: "once", key: "k", at: 1, until: later }] as const
      const call = { at: 5, rule: "r", target: target("idle"), text: "{}" }
      yield* store.add(["idle", "waiting"].map((name) => delivery(name, { target: target(name), gates })))
      const one = yield* claimOne(store)
      yield* settle(store, settlement(one, delivered, { call: { ...call, at: Date.now() } }))
      yield* store.add([delivery("w", { target: target("waiting"), due: later })])
      yield* store.pause(target("paused"))
      behind(
        directory,
        `UPDATE targets SET used = ${Date.now() - 25 * hour}; UPDATE gates SET forget = 5; UPDATE calls SET at = 5`
      )
      const again = yield* sqliteReactionStore(directory, hour)
      yield* again.add([delivery("x", { target: target("new"), gates })])
      expect((yield* again.targets(10)).map((found) => String(found.target)).toSorted()).toEqual([
        ...["new", "paused", "waiting"]
      ])
      expect(yield* again.calls({}, 10)).toEqual([])
      expect((yield* ledger(again)).waiting).toBe(2)
    })
  ))

test("a call is kept while it is among the last ones of its rule, of its target, or of all", () =>
  inFolder((directory) =>
    Effect.gen(function* () {
      const store = yield* sqliteReactionStore(directory, hour)
      const names = Array.from({ length: 320 }, (_, i) => `d${i}`)
      yield* store.add(names.map((name) => delivery(name)))
      const found = yield* claim(store, { max: 1_000 })
      yield* settle(
        store,
        ...found.map((one, i) =>
          settlement(one, delivered, {
            call: { at: Date.now(), rule: i < 60 ? "old" : "new", target: one.target, text: String(i) }
          })
        )
      )
      const texts = Effect.fnUntraced(function* (of: { readonly rule?: string }) {
        return (yield* store.calls(of, 1_000)).map(({ text }) => Number(text))
      })
      expect(yield* texts({ rule: "old" })).toEqual(Array.from({ length: 50 }, (_, i) => 59 - i))
      expect(yield* texts({})).toEqual(Array.from({ length: 200 }, (_, i) => 319 - i))
      const database = openAsIs(join(directory, "reactions.sqlite"))
      expect(database.prepare("SELECT count(*) AS count FROM calls").get()?.count).toBe(250)
      database.close()
    })
  ))

test("without PROJECTIONS_URL and REDIS_URL it is a file in DATA_DIR", () =>
  inFolder((directory) =>
    Effect.gen(function* () {
      const settings = ConfigProvider.layer(ConfigProvider.fromUnknown({ DATA_DIR: directory }))
      const store = yield* Effect.provide(ReactionStore, layer.pipe(Layer.provide(settings)))
      expect(store.dependency).toMatchObject({
        ...{ kind: "sqlite", embedded: true },
        address: join(directory, "reactions.sqlite")
      })
    })
  ))
