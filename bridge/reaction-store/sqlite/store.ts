/**
 * The reactions in a file, for one machine: the same fences, gates, leases and limits as on Redis; each call that changes
 * something is one transaction that is on the disk when it returns. Several processes may share the file, which is open as
 * long as the scope.
 */
import { Clock, Effect, type Scope } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { type FencePlan, fenceAfter, fencePlanOf, judge, marksOf } from "../../keyed-store/fences.ts"
import { makeChangeSignal } from "../../sqlite/change-signal.ts"
import { openFile } from "../../sqlite/database.ts"
import type { Added, LoadedReactions, ReactionChanges, ReactionPartition, ReactionStore } from "../service.ts"
import { resume } from "../target-record.ts"
import { add } from "./add.ts"
import { claim } from "./claim.ts"
import { forget } from "./forget.ts"
import {
  callsIn,
  discard,
  ledgerOf,
  putRule,
  removeRule,
  replay,
  rulesIn,
  rulesVersion,
  targetsIn
} from "./people.ts"
import { settle } from "./settle.ts"
import { prepareStatements, type Statements } from "./statements.ts"
import { makeStep, type Step, wholeTime } from "./step.ts"
import { reactionsSchema } from "./tables.ts"
import { awaitDueIn } from "./wait.ts"

/** Interval between removals of what is no longer remembered, milliseconds. */
const cleaningIntervalMs = 1_000

/**
 * Opens the store in the folder `directory`. `horizon`: how long event ids are stored, milliseconds. Fails with one sentence
 * when that folder is not writable.
 */
export const sqliteReactionStore = Effect.fnUntraced(function* (
  directory: string,
  horizon: number
): Effect.fn.Return<ReactionStore["Service"], Failure, Scope.Scope> {
  const file = yield* openFile(directory, "reactions.sqlite", reactionsSchema)
  const run = yield* file.read(prepareStatements)
  const changes = yield* makeChangeSignal(file)
  let cleaned = 0
  let excepted: ReadonlyArray<string> = []

  /** One transaction. `wakes`: whether something may be claimed after it. */
  const change = <A>(work: (step: Step) => A, wakes: boolean, concurrency?: number) =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const result = yield* file.transaction(() => {
        const step = makeStep(run, now)
        const isDue = now - cleaned >= Math.min(cleaningIntervalMs, horizon)
        if (isDue) forget(run, now, horizon)
        const result = work(step)
        step.finish(concurrency)
        if (isDue) cleaned = now
        return result
      })
      if (wakes) changes.notify()
      return result
    })
  const read = <A>(work: (now: number) => A) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => file.read(() => work(now)))

  return {
    dependency: {
      ...{ kind: "sqlite", embedded: true, address: file.address },
      ...{ outage: file.outage, check: file.check }
    },

    load: Effect.fnUntraced(function* (partition, records, end) {
      const plan = fencePlanOf(records, end)
      if (plan instanceof Failure) return yield* plan
      return yield* read((now) => load(run, partOf(partition), plan, now, horizon))
    }),
    commit: (partition, version, made) =>
      change((step) => commit(step, partOf(partition), version, made), made.deliveries.length > 0),
    add: (deliveries, together) => change((step) => add(step, deliveries, together), true),

    claim: (holder, options) => {
      excepted = options.except ?? []
      const lease = `${holder}:${crypto.randomUUID()}`
      return change((step) => claim(step, lease, options), false, options.concurrency)
    },
    renew: (leases, leaseMs) =>
      change(({ now }) => {
        for (const { id, lease } of leases) run.renew.run(wholeTime(now + leaseMs), id, lease)
      }, false),
    settle: (settlements, breaker) =>
      change((step) => settlements.map((one) => settle(step, one, breaker)), true),
    awaitDue: awaitDueIn(file, run, changes, () => excepted),

    ledger: read(() => ledgerOf(run)),
    targets: (limit) => read((now) => targetsIn(run, limit, now)),
    calls: (of, limit) => read(() => callsIn(run, of, limit)),

    pause: (target) =>
      change((step) => {
        step.change(target).isPaused = true
      }, false),
    resume: (target) => change((step) => resume(step.change(target)), true),
    enable: (target, rule) =>
      change((step) => {
        const record = step.change(target)
        record.disabledFor = record.disabledFor.filter((one) => one !== rule)
      }, false),

    replay: (delivery) => change((step) => replay(step, delivery), true),
    discard: (id) => change((step) => discard(step, id), false),
    rulesVersion: read(() => rulesVersion(run)),
    rules: read(() => rulesIn(run)),
    putRule: (rule) => change(() => putRule(run, rule), false),
    removeRule: (name) => change(() => removeRule(run, name), false)
  }
})

const load = (
  run: Statements,
  part: string,
  plan: FencePlan,
  now: number,
  horizon: number
): LoadedReactions => {
  const row = run.partition.get(part)
  const bitmaps = plan.groups.map(({ bucket, field }) => blobOf(run.seen.get(part, bucket + field)?.bits))
  const fences = judge(plan, { next: textIn(row?.next), bitmaps }, now, horizon)
  return { version: Number(row?.version ?? 0), verdicts: fences.verdicts, fences }
}

const commit = (
  step: Step,
  part: string,
  version: number,
  { fences, handled, deliveries, suppressed }: ReactionChanges
): Added | undefined => {
  const { run, now, count } = step
  const row = run.partition.get(part)
  if (Number(row?.version ?? 0) !== version) return undefined
  for (const { bucket, field, bits } of marksOf(fences, handled)) run.see.run(part, bucket + field, bits, now)
  run.movePartition.run(part, version + 1, fenceAfter(fences, handled) ?? textIn(row?.next) ?? null)
  for (const { rule, reason, count: matches } of suppressed) {
    count(rule, "matched", matches)
    count(rule, "suppressed", matches, reason)
  }
  return add(step, deliveries)
}

const partOf = ({ topic, partition }: ReactionPartition): string => `${topic}-${partition}`

const textIn = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

const blobOf = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : new Uint8Array())
