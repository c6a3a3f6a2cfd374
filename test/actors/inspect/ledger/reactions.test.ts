/** The ledger's lines of rules: what adds up, each discrepancy with its number, and queues beside unreadable reactions. */
import { describe, expect, test } from "bun:test"
import { Effect } from "effect"
import fc from "fast-check"
import {
  missingIn,
  reactionWarnings,
  suppressedIn,
  totalOf
} from "../../../../actors/inspect/ledger/reactions.ts"
import { readLedger } from "../../../../actors/inspect/ledger/read-ledger.ts"
import type { Topics } from "../../../../actors/transform/topics.ts"
import type { ReactionLedger, RuleTotals } from "../../../../bridge/reaction-store/service.ts"
import { Failure } from "../../../../contracts/failure.ts"
import type { Topic } from "../../../../contracts/ids.ts"
import { nothingYet, playQueue } from "../pipeline/playing.ts"

/** A line that adds up. */
const line = (rule: string, given: Partial<RuleTotals> = {}): RuleTotals => {
  const parts = {
    ...{ delivered: 0, dead: 0, discarded: 0, replayed: 0, suppressed: {}, waiting: 0, inFlight: 0 },
    ...given
  }
  const { delivered, dead, discarded, waiting, inFlight } = parts
  const matched = delivered + dead + discarded + suppressedIn(parts) + waiting + inFlight
  return { rule, matched, ...parts }
}

const ledgerOf = (rules: ReadonlyArray<RuleTotals>, more: Partial<ReactionLedger> = {}): ReactionLedger => ({
  rules,
  waiting: rules.reduce((sum, { waiting }) => sum + waiting, 0),
  inFlight: rules.reduce((sum, { inFlight }) => sum + inFlight, 0),
  oldestWaiting: undefined,
  ...more
})

const topics: Topics = { standard: "events" as Topic, allowed: new Set(), all: ["events" as Topic] }
const queue = playQueue(Effect.succeed(nothingYet))
const read = (reactions: Effect.Effect<ReactionLedger, Failure>) =>
  Effect.runPromise(readLedger([queue], topics, reactions))

const full = line("shop", {
  delivered: 5,
  dead: 1,
  discarded: 1,
  replayed: 2,
  suppressed: { repeated: 3, loop: 1 },
  waiting: 2,
  inFlight: 1
})

describe("lines that add up", () => {
  test("matched = delivered + dead + discarded + suppressed + waiting + in flight, whatever the reasons", () => {
    expect(full.matched).toBe(14)
    expect(reactionWarnings(ledgerOf([full, line("other", { waiting: 4 })]))).toEqual([])
  })

  test("the total has the sum of each part and reason", () => {
    expect(totalOf([full, line("other", { delivered: 1, suppressed: { loop: 2 } })])).toMatchObject({
      matched: 17,
      delivered: 6,
      suppressed: { repeated: 3, loop: 3 }
    })
  })

  test("any line that adds up has nothing missing, and any other has exactly the difference", () => {
    const count = fc.nat(1_000)
    fc.assert(
      fc.property(
        fc.record({ delivered: count, dead: count, discarded: count, waiting: count, inFlight: count }),
        fc.dictionary(fc.string(), count),
        fc.integer({ min: -500, max: 500 }),
        (parts, suppressed, difference) => {
          const good = line("r", { ...parts, suppressed })
          expect(missingIn({ ...good, matched: good.matched + difference })).toBe(difference)
        }
      )
    )
  })
})

describe("lines that do not add up", () => {
  test("a match in no state, and states without a match", () => {
    expect(reactionWarnings(ledgerOf([{ ...full, matched: full.matched + 1 }]))).toEqual([
      "Rule shop matched 15 times, but 1 match is in no state: its counts were changed or lost."
    ])
    expect(reactionWarnings(ledgerOf([{ ...full, matched: full.matched - 2 }]))).toEqual([
      "Rule shop matched 12 times, but its states hold 2 more: its counts were changed or lost."
    ])
  })

  test("deliveries that are not where they are counted", () => {
    expect(reactionWarnings(ledgerOf([full], { waiting: 1, inFlight: 3 }))).toEqual([
      "The rules count 2 as waiting, but the store of reactions holds 1.",
      "The rules count 1 as in flight, but the store of reactions holds 3."
    ])
  })
})

describe("the whole ledger", () => {
  test("has a line per rule by name, and balances with them", async () => {
    const ledger = await read(Effect.succeed(ledgerOf([line("b"), full, line("a", { delivered: 1 })])))
    expect(ledger.reactions?.map(({ rule }) => rule)).toEqual(["a", "b", "shop"])
    expect(ledger).toMatchObject({
      balanced: true,
      complete: true,
      warnings: [],
      reactionsTotal: { matched: 15, delivered: 6 }
    })
  })

  test("does not balance when a rule does not, and says which", async () => {
    const ledger = await read(Effect.succeed(ledgerOf([{ ...full, matched: 20 }])))
    expect(ledger).toMatchObject({
      balanced: false,
      complete: true,
      warnings: [expect.stringContaining("Rule shop")]
    })
  })

  test("a store that cannot be read hides nothing of the queues", async () => {
    const away = new Failure({ reason: "unavailable", message: "redis-2 does not answer." })
    expect(await read(Effect.fail(away))).toMatchObject({
      total: { received: 0 },
      balanced: true,
      complete: false,
      reactions: null,
      reactionsTotal: null,
      reactionsTrouble: "redis-2 does not answer."
    })
  })

  test("without a store of reactions there are none", async () => {
    expect(await Effect.runPromise(readLedger([queue], topics))).toMatchObject({
      reactions: [],
      reactionsTrouble: undefined,
      complete: true
    })
  })
})
