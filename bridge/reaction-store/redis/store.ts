/**
 * The reactions in Redis or Valkey, a single server or a cluster; all keys are in one slot, described in keys.ts. Leases,
 * due times and the limits of targets are by the server's clock. The connection lives as long as the scope.
 */
import { Clock, Effect, type Redacted, type Scope } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import type { DeliveryId, TargetName } from "../../../contracts/reactions/delivery.ts"
import { type FencePlan, fenceAfter, fencePlanOf, judge } from "../../keyed-store/fences.ts"
import {
  type Argument,
  type ConnectOptions,
  connect,
  type RedisConnection,
  type Reply
} from "../../redis/connection.ts"
import { watchRefusals } from "../../redis/refused.ts"
import type { Script } from "../../redis/types.ts"
import { makeWriter } from "../../redis/writer.ts"
import { makeSignal } from "../../signal.ts"
import { lastCalls } from "../last-calls.ts"
import type {
  Added,
  ClaimOptions,
  LoadedReactions,
  NewDelivery,
  ReactionChanges,
  ReactionPartition,
  ReactionStore,
  Settlement
} from "../service.ts"
import { addScript, commitScript, loadScript } from "./add-script.ts"
import { claimScript, renewScript, waitScript } from "./claim-script.ts"
import * as keys from "./keys.ts"
import { packChanges, packDeliveries, packDelivery, packGroups, packSettlements } from "./packed.ts"
import {
  controlScript,
  discardScript,
  ledgerScript,
  putRuleScript,
  removeRuleScript,
  replayScript,
  rulesScript,
  targetsScript
} from "./people-scripts.ts"
import * as replies from "./replies.ts"
import { settleScript } from "./settle-script.ts"
import { awaitDueOn } from "./wait.ts"

type Store = ReactionStore["Service"]

const meanwhile = "Deliveries wait and continue where they stopped."

/**
 * Opens the store, even while the server is unreachable. `horizon`: how long event ids are stored, milliseconds. Fails with
 * `misconfigured` for an invalid URL.
 */
export const redisReactionStore = Effect.fnUntraced(function* (
  url: Redacted.Redacted<string>,
  horizon: number,
  options?: ConnectOptions
): Effect.fn.Return<Store, Failure, Scope.Scope> {
  const connection = yield* connect(url, options)
  const { address, outage } = connection
  const refusals = watchRefusals(connection, meanwhile, `${keys.prefix}:probe`)
  const writer = makeWriter(connection, keys.prefix, yield* Effect.scope, options?.commandTimeout)
  const added = makeSignal()
  /** A script that changes something. `wakes`: whether something may be claimed after it. */
  const writes = (lua: string, wakes = false): Script => {
    const run = writer.script(lua)
    const woken = wakes ? Effect.sync(added.notify) : Effect.void
    return (on, args) => Effect.tap(refusals.watched(run(on, args)), () => woken)
  }

  return {
    dependency: { kind: "redis", embedded: false, address, outage, check: refusals.check },
    ...partitionsIn(connection, writes, horizon),
    ...deliveriesIn(connection, writes, added),
    ...forPeople(connection, writes)
  }
})

type Writes = (lua: string, wakes?: boolean) => Script

const partitionsIn = (
  connection: RedisConnection,
  writes: Writes,
  horizon: number
): Pick<Store, "load" | "commit" | "add"> => {
  const load = connection.script(loadScript)
  const commit = writes(commitScript, true)
  const add = writes(addScript, true)
  return {
    load: Effect.fnUntraced(function* (partition, records, end) {
      const plan = fencePlanOf(records, end)
      if (plan instanceof Failure) return yield* plan
      const now = yield* Clock.currentTimeMillis
      const part = keys.partOf(partition)
      const asked = packGroups(part, plan.groups)
      const reply = yield* load([keys.partitionsKey, ...asked.keys], [part, asked.fields])
      return loadedFrom(reply, plan, now, horizon)
    }),

    commit: Effect.fnUntraced(function* (
      partition: ReactionPartition,
      version: number,
      changes: ReactionChanges
    ): Effect.fn.Return<Added | undefined, Failure> {
      const part = keys.partOf(partition)
      const next = fenceAfter(changes.fences, changes.handled) ?? ""
      const packed = yield* packing(() => packChanges(part, changes.fences, changes))
      const reply = yield* commit(
        [...keys.deliveryKeys, keys.partitionsKey, ...packed.keys],
        [part, String(version), next, Math.ceil(horizon), packed.fields, ...packed.bytes]
      )
      return reply === 0 ? undefined : replies.addedFrom(reply, changes.deliveries)
    }),

    add: Effect.fnUntraced(function* (deliveries: ReadonlyArray<NewDelivery>, together = false) {
      const packed = yield* packing(() => packDeliveries(deliveries))
      const reply = yield* add(
        [...keys.deliveryKeys, ...packed.keys],
        [together ? 1 : 0, packed.fields, ...packed.bytes]
      )
      return replies.addedFrom(reply, deliveries)
    })
  }
}

const deliveriesIn = (
  connection: RedisConnection,
  writes: Writes,
  added: ReturnType<typeof makeSignal>
): Pick<Store, "claim" | "renew" | "settle" | "awaitDue"> => {
  const claim = writes(claimScript)
  const renew = writes(renewScript)
  const settle = writes(settleScript, true)
  let excepted: ReadonlyArray<string> = []
  return {
    claim: (holder: string, { max, leaseMs, concurrency, except = [] }: ClaimOptions) =>
      Effect.suspend(() => {
        excepted = except
        const lease = `${holder.replaceAll("\n", " ")}:${crypto.randomUUID()}`
        const args: ReadonlyArray<Argument> = [leaseMs, max, concurrency, lease, ...except]
        return Effect.map(claim(keys.deliveryKeys, args), replies.claimedFrom)
      }),
    renew: (leases, leaseMs) =>
      Effect.asVoid(renew(keys.deliveryKeys, [leaseMs, ...leases.flatMap(({ id, lease }) => [id, lease])])),
    settle: Effect.fnUntraced(function* (settlements: ReadonlyArray<Settlement>, breaker) {
      const packed = yield* packing(() => packSettlements(settlements))
      const { failures, openMs, maxOpenMs } = breaker
      const reply = yield* settle(
        [...keys.deliveryKeys, keys.callsKey, ...packed.keys],
        [failures, openMs, maxOpenMs, packed.lists, packed.fields, ...packed.bytes]
      )
      return replies.listOf(reply).map((one) => one === 1)
    }),
    awaitDue: awaitDueOn(connection.script(waitScript), added, () => excepted)
  }
}

const forPeople = (
  connection: RedisConnection,
  writes: Writes
): Omit<
  Store,
  "dependency" | keyof ReturnType<typeof partitionsIn> | keyof ReturnType<typeof deliveriesIn>
> => {
  const ledger = connection.script(ledgerScript)
  const targets = connection.script(targetsScript)
  const rules = connection.script(rulesScript)
  const control = writes(controlScript, true)
  const [replay, discard] = [writes(replayScript, true), writes(discardScript)]
  const [put, remove] = [writes(putRuleScript), writes(removeRuleScript)]
  const ruleKeys = [keys.rulesKey, keys.versionsKey]
  const tell = (target: TargetName, ...args: ReadonlyArray<string>) =>
    Effect.asVoid(control(keys.deliveryKeys, [target, ...args]))
  return {
    ledger: Effect.suspend(() => Effect.map(ledger(keys.deliveryKeys, []), replies.ledgerFrom)),
    targets: (limit) => Effect.map(targets([keys.targetsKey, keys.usedKey], [limit]), replies.targetsFrom),
    calls: ({ rule, target }, limit) => {
      const of = rule === undefined ? keys.callsKey : keys.callsOfRule(rule)
      const key = target === undefined ? of : keys.callsOfTarget(target)
      return Effect.map(connection.command("LRANGE", key, 0, lastCalls.ofAll - 1), (reply) =>
        replies
          .callsFrom(reply)
          .filter((call) => rule === undefined || call.rule === rule)
          .slice(0, limit)
      )
    },
    pause: (target) => tell(target, "pause"),
    resume: (target) => tell(target, "resume"),
    enable: (target, rule) => tell(target, "enable", rule),
    replay: Effect.fnUntraced(function* (delivery: NewDelivery) {
      const packed = yield* packing(() => packDelivery(delivery))
      const reply = yield* replay(keys.deliveryKeys, [packed, delivery.content])
      return reply === 1 ? "done" : "gone"
    }),
    discard: (id: DeliveryId) => Effect.map(discard(keys.deliveryKeys, [id]), (reply) => reply === 1),
    rulesVersion: Effect.map(connection.command("HGET", keys.versionsKey, "rules"), replies.versionFrom),
    rules: Effect.suspend(() => Effect.map(rules(ruleKeys, []), replies.rulesFrom)),
    putRule: ({ name, text }) =>
      Effect.map(put(ruleKeys, [name, text]), (reply) => (reply === 1 ? "created" : "replaced")),
    removeRule: (name) => Effect.map(remove(ruleKeys, [name]), (reply) => reply === 1)
  }
}

const loadedFrom = (reply: Reply, plan: FencePlan, now: number, horizon: number): LoadedReactions => {
  const [partition, bitmaps] = replies.listOf(reply).map(replies.listOf)
  const [version, next] = (partition ?? []).map(replies.textIn)
  const stored = { next, bitmaps: plan.groups.map((_, g) => replies.bytesOf(bitmaps?.[g])) }
  const fences = judge(plan, stored, now, horizon)
  return { version: Number(version ?? 0), verdicts: fences.verdicts, fences }
}

/** Packing fails for names that cannot be stored. */
const packing = <A>(work: () => A): Effect.Effect<A, Failure> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(work())
    } catch (error) {
      return error instanceof Failure ? Effect.fail(error) : Effect.die(error)
    }
  })
