/**
 * Promises 1 and 3, when a connection delivers commands late: no acknowledged event is lost, none is stored under the id
 * of another, and the ledger would show it. Explores every interleaving of a small model (late-commands/model.ts); without
 * the fixes it finds a bug of earlier versions.
 */
import { describe, expect, test } from "bun:test"
import { explore, type Rule } from "./late-commands/explore.ts"
import type { Bounds, State } from "./late-commands/model.ts"

const oneDrainer: Bounds = { drainers: 1, lines: 2, claims: 3, losses: 2 }
const twoDrainers: Bounds = { drainers: 2, lines: 2, claims: 1, losses: 1 }
const all = { fence: true, ownIds: true, digest: true }
const none = { fence: false, ownIds: false, digest: false }

const linesOf = (state: State): ReadonlyArray<number> => [
  ...state.list,
  ...Object.values(state.batches).flatMap(({ lines }) => lines)
]

/** Each line waits, is claimed or is stored; it waits or is claimed at most once. */
const nothingIsLost: Rule = (state) => {
  const open = linesOf(state)
  if (new Set(open).size !== open.length) return `a line is in the queue twice: ${open.join()}`
  const known = new Set([...open, ...state.log.map(({ line }) => line)])
  const lost = Array.from({ length: total(state) }, (_, line) => line).filter((line) => !known.has(line))
  return lost.length === 0 ? undefined : `line ${lost.join()} is lost`
}

/** The number of lines at the start: those still open and those acknowledged. */
const total = (state: State): number => linesOf(state).length + state.acknowledged

/** An event id always belongs to the same line. */
const idsAreUnique: Rule = (state) => {
  const lineOf = new Map<string, number>()
  for (const { id, line } of state.log) {
    if ((lineOf.get(id) ?? line) !== line) return `${id} belongs to lines ${lineOf.get(id)} and ${line}`
    lineOf.set(id, line)
  }
  return undefined
}

const both: Rule = (state) => nothingIsLost(state) ?? idsAreUnique(state)

/** The ledger is right: it balances if and only if nothing is lost. */
const ledgerShowsLosses: Rule = (state) => {
  const isLost = nothingIsLost(state) !== undefined
  const balances = state.acknowledged === state.stored
  if (isLost && balances) return "a line is lost and the ledger balances"
  return !isLost && !balances ? "nothing is lost and the ledger does not balance" : undefined
}

describe("commands delivered late", () => {
  for (const [who, bounds] of Object.entries({ "one drainer": oneDrainer, "two drainers": twoDrainers })) {
    test(`lose nothing and reuse no id, in every interleaving: ${who}`, () => {
      const { broken, states } = explore(all, bounds, both)
      expect(broken).toBeUndefined()
      expect(states).toBeGreaterThan(2_000)
    }, 60_000)

    test(`either of the two fixes of the queue is enough alone: ${who}`, () => {
      expect(explore({ ...none, fence: true }, bounds, both).broken).toBeUndefined()
      expect(explore({ ...none, ownIds: true }, bounds, both).broken).toBeUndefined()
    }, 60_000)
  }

  test("lost a line without the fixes: the shortest path to it", () => {
    const { broken } = explore(none, oneDrainer, nothingIsLost)
    expect(broken?.violation).toBe("line 1 is lost")
    expect(broken?.steps).toEqual([
      "drainer 0 claims",
      "drainer 0 closes its connection and sends the same command again",
      "drainer 0 has its command applied: claim",
      "drainer 0 receives its answer",
      "drainer 0 has its batch stored",
      "drainer 0 acknowledges",
      "drainer 0 has its command applied: ack",
      "drainer 0 closes its connection and sends the same command again",
      "the server applies late: claim of drainer 0",
      "drainer 0 has its command applied: ack"
    ])
  })

  test("receipts identified by their lines are not enough: a repeated acknowledgement removes other lines", () => {
    const digest = { ...none, digest: true }
    expect(explore(digest, oneDrainer, nothingIsLost).broken?.steps.at(-1)).toBe(
      "drainer 0 has its command applied: ack"
    )
    expect(explore(digest, oneDrainer, idsAreUnique).broken?.violation).toBe(
      "claim 0.1-0 belongs to lines 0 and 1"
    )
  })

  test("that lose a line show in the ledger", () => {
    expect(explore(none, oneDrainer, ledgerShowsLosses).broken).toBeUndefined()
    expect(explore(all, oneDrainer, ledgerShowsLosses).broken).toBeUndefined()
  }, 60_000)
})
