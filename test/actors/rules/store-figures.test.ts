/** The metrics of the store of reactions: 0 from the start, then those of the ledger and the targets; a failure keeps the last. */
import { expect, test } from "bun:test"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Metric } from "effect"
import { TestClock } from "effect/testing"
import { reactionStoreFigures } from "../../../actors/rules/store-figures.ts"
import { makeHealth } from "../../../actors/runtime/health.ts"
import type { ReactionStore } from "../../../bridge/reaction-store/service.ts"
import { sqliteReactionStore } from "../../../bridge/reaction-store/sqlite/store.ts"
import { Failure } from "../../../contracts/failure.ts"
import { fillStore, network } from "../viewer/reactions/filled-store.ts"

const directory = mkdtempSync(join(tmpdir(), "spoor-figures-"))

/** The store of the pages, as it is filled. */
const filled = Effect.tap(sqliteReactionStore(directory, 86_400_000), fillStore)

const text = Effect.suspend(() => makeHealth().metrics)

/** The series of that name with their values, without the labels of the process. */
const seriesOf = (metrics: string, name: string): Record<string, number> =>
  Object.fromEntries(
    Array.from(
      metrics.matchAll(new RegExp(`^${name}(?:{([^}]*)})? (\\S+)$`, "gm")),
      ([, labels = "", value]) => [labels, Number(value)]
    )
  )

test("are those of the ledger and of the targets, from 0, and stay when the store cannot be read", async () => {
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.now() + 1_000)
        const store = yield* filled
        let isAway = true
        const away = new Failure({ reason: "unavailable", message: "no" })
        const whileHere = <A>(read: Effect.Effect<A, Failure>) =>
          Effect.suspend(() => (isAway ? Effect.fail(away) : read))
        const watched: ReactionStore["Service"] = {
          ...store,
          ledger: whileHere(store.ledger),
          targets: (limit) => whileHere(store.targets(limit))
        }
        yield* reactionStoreFigures(watched)
        yield* TestClock.adjust("1 second")
        const first = yield* text
        expect(seriesOf(first, "spoor_reactions_waiting")).toEqual({ "": 0 })
        expect(seriesOf(first, "spoor_reactions_figures_failures_total")).toEqual({ "": 1 })

        isAway = false
        yield* TestClock.adjust("10 seconds")
        const metrics = yield* text
        const one = (name: string): number | undefined => seriesOf(metrics, name)[""]
        expect(one("spoor_reactions_waiting")).toBe(1)
        expect(one("spoor_reactions_in_flight")).toBe(1)
        expect(one("spoor_reactions_dead")).toBe(2)
        expect(one("spoor_reactions_discrepancy")).toBe(0)
        expect(one("spoor_reaction_targets_disabled")).toBe(1)
        expect(seriesOf(metrics, "spoor_reaction_targets")).toMatchObject({
          'state="open"': 1,
          'state="paused"': 1,
          'state="held"': 0
        })
        expect(seriesOf(metrics, "spoor_reaction_target_failing")).toEqual({
          'target="(others)"': 0,
          [`target="${network}"`]: 1
        })
        const shop = Object.entries(seriesOf(metrics, "spoor_reactions_matches")).filter(([labels]) =>
          labels.includes('rule="tell-the-shop"')
        )
        expect(Object.fromEntries(shop)).toEqual({
          'rule="tell-the-shop",state="matched"': 8,
          'rule="tell-the-shop",state="delivered"': 4,
          'rule="tell-the-shop",state="dead"': 1,
          'rule="tell-the-shop",state="discarded"': 0,
          'rule="tell-the-shop",state="suppressed"': 1,
          'rule="tell-the-shop",state="waiting"': 1,
          'rule="tell-the-shop",state="in_flight"': 1
        })

        yield* store.resume(network)
        yield* TestClock.adjust("10 seconds")
        expect(seriesOf(yield* text, "spoor_reaction_target_failing")[`target="${network}"`]).toBe(0)
        isAway = true
        yield* TestClock.adjust("10 seconds")
        const last = yield* text
        expect(seriesOf(last, "spoor_reactions_waiting")).toEqual({ "": 1 })
        expect(seriesOf(last, "spoor_reactions_figures_failures_total")).toEqual({ "": 2 })
      })
    ).pipe(Effect.provide(TestClock.layer()), Effect.provideService(Metric.MetricRegistry, new Map()))
  )
})
