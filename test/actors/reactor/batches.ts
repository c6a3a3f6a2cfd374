/** Batches of records and reactors on a store, for tests: each reactor as a process of its own would have it. */
import { Effect } from "effect"
import type { ReactorFigures } from "../../../actors/reactor/figures.ts"
import { makeHandleBatch } from "../../../actors/reactor/handle-batch.ts"
import { combineRules, type RulesInUse } from "../../../actors/rules/rules-in-use.ts"
import type { LogRecord, RecordBatch } from "../../../bridge/event-log/service.ts"
import type { ReactionStore } from "../../../bridge/reaction-store/service.ts"
import type { Rule } from "../../../contracts/reactions/rule.ts"
import { topic } from "../rules/events.ts"

export const batchOf = (records: ReadonlyArray<LogRecord>, end = records.length): RecordBatch => ({
  ...{ topic, partition: 0, records },
  end: String(Math.max(end, Number(records.at(-1)?.offset ?? -1) + 1))
})

/** Rules in use, without any of the API. */
export const inUse = (...rules: ReadonlyArray<Rule>): RulesInUse =>
  combineRules({ rules, variables: { vars: {}, secrets: {} }, fingerprint: "" }, [])

/** A reactor on the store. `counts`: what its metrics have counted. */
export const reactorOn = (
  store: Pick<ReactionStore["Service"], "load" | "commit">,
  current: () => RulesInUse,
  areKnown: Effect.Effect<void> = Effect.void
) => {
  const counts = new Map<string, number>()
  const add = (name: string, count: number) =>
    Effect.sync(() => void (count > 0 && counts.set(name, (counts.get(name) ?? 0) + count)))
  const figures: ReactorFigures = { add, suppressed: add, set: () => Effect.void }
  const handle = makeHandleBatch({
    ...{ store, live: { current, areKnown }, deliverForMs: 86_400_000, figures },
    written: { idParam: "idempotency_key", hasVisitorIds: false },
    meter: { count: (outcome, events) => add(outcome, events) }
  })
  return { handle, counts }
}
