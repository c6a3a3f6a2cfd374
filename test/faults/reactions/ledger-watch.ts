/**
 * Reads the ledger of the reactions again and again, also while things break, and notes each time that it does not add up.
 * Lives from `watchLedger` until `close`.
 */
import { ConfigProvider, Effect, Layer, ManagedRuntime } from "effect"
import { layer } from "../../../bridge/reaction-store/layer.ts"
import {
  type ReactionLedger,
  ReactionStore,
  type RuleTotals
} from "../../../bridge/reaction-store/service.ts"
import type { Environment } from "../../support/spoor.ts"

export interface LedgerWatch {
  readonly ledger: () => Promise<ReactionLedger>
  /** Runs another operation of the store. */
  readonly run: <A>(ask: (store: ReactionStore["Service"]) => Effect.Effect<A, unknown>) => Promise<A>
  /** Number of reads so far, of those without an answer, and the sentences about ledgers that did not add up. */
  readonly counts: { readonly reads: number; readonly unanswered: number }
  readonly problems: ReadonlyArray<string>
  readonly close: () => Promise<void>
}

/** Time between two reads, milliseconds: at random, so that they meet every moment of a change. */
const [shortestMs, longestMs] = [5, 150]

/** How often a broken ledger is described. */
const maxProblems = 5

export const watchLedger = (settings: Environment): LedgerWatch => {
  const runtime = ManagedRuntime.make(
    layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: { ...settings } }))))
  )
  const counts = { reads: 0, unanswered: 0 }
  const problems: Array<string> = []
  let isRunning = true

  const run: LedgerWatch["run"] = (ask) => runtime.runPromise(Effect.flatMap(ReactionStore, ask))
  const ledger = () => run((store) => store.ledger)

  const look = async (): Promise<void> => {
    while (isRunning) {
      await new Promise((resolve) =>
        setTimeout(resolve, shortestMs + Math.random() * (longestMs - shortestMs))
      )
      try {
        const found = await ledger()
        counts.reads += 1
        if (problems.length < maxProblems) problems.push(...ledgerFaults(found))
      } catch {
        counts.unanswered += 1
      }
    }
  }
  const looking = look()

  return {
    ledger,
    run,
    counts,
    problems,
    close: async () => {
      isRunning = false
      await looking
      await runtime.dispose()
    }
  }
}

/** What does not add up in a ledger, as sentences. */
export const ledgerFaults = ({ rules, waiting, inFlight }: ReactionLedger): ReadonlyArray<string> => {
  const sum = (of: (totals: RuleTotals) => number): number => rules.reduce((total, one) => total + of(one), 0)
  const lines = rules
    .filter((one) => one.matched !== accounted(one))
    .map((one) => `the ledger's line does not add up: ${JSON.stringify(one)}`)
  const [allWaiting, allInFlight] = [sum((one) => one.waiting), sum((one) => one.inFlight)]
  return allWaiting === waiting && allInFlight === inFlight
    ? lines
    : [
        ...lines,
        `the lines have ${allWaiting} waiting and ${allInFlight} in flight, and the store has ${waiting} and ${inFlight}`
      ]
}

const accounted = ({ delivered, dead, discarded, suppressed, waiting, inFlight }: RuleTotals): number =>
  delivered +
  dead +
  discarded +
  waiting +
  inFlight +
  Object.values(suppressed).reduce((total, count) => total + count, 0)
