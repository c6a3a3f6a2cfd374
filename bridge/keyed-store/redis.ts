/**
 * The state of keyed actors in Redis or Valkey, a single server or a cluster; all keys of a partition are in one slot. The
 * connection lives as long as the scope.
 *
 * `{spoor:keyed:<actor>:<topic>-<partition>}` followed by: `:meta` hash of version, next offset, clock, number of partitions
 * and last output · `:state` hash of key → state · `:timers` sorted set by time · `:outputs` sorted set of records that wait
 * for their append, by place · `:seen:<bucket>` hash of bitmaps of recent event ids, which expires one horizon after its
 * last change. `{spoor:by:<topic>}:times` hash of source partition → time up to which it was re-keyed.
 */
import { Buffer } from "node:buffer"
import { Clock, Effect, type Redacted, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { pack } from "../../contracts/messages/msgpack.ts"
import { type ConnectOptions, connect, type RedisConnection, type Reply } from "../redis/connection.ts"
import { type RefusalWatch, watchRefusals } from "../redis/refused.ts"
import type { Script } from "../redis/types.ts"
import { makeWriter } from "../redis/writer.ts"
import { type FencePlan, fenceAfter, fencePlanOf, judge, marksOf } from "./fences.ts"
import { outputOf, packOutput } from "./output.ts"
import { appendedScript, commitScript, loadScript, rekeyedScript } from "./scripts.ts"
import type {
  KeyedChanges,
  KeyedPartition,
  KeyedStore,
  KeyedTimer,
  LoadedPartition,
  LoadRequest
} from "./service.ts"
import { byTime } from "./timer-order.ts"

const meanwhile = "Keyed actors wait and continue where they stopped."

/**
 * Opens the store, even while the server is unreachable. `horizon`: how long event ids are stored, milliseconds. Fails with
 * `misconfigured` for an invalid URL.
 */
export const redisKeyedStore = Effect.fnUntraced(function* (
  url: Redacted.Redacted<string>,
  horizon: number,
  options?: ConnectOptions
): Effect.fn.Return<KeyedStore["Service"], Failure, Scope.Scope> {
  const connection = yield* connect(url, options)
  const { address, outage } = connection
  const refusals = watchRefusals(connection, meanwhile, "{spoor:}:probe")
  const scriptsOf = makeScripts(connection, yield* Effect.scope, options?.commandTimeout)
  const load = connection.script(loadScript)

  return {
    dependency: { kind: "redis", embedded: false, address, outage, check: refusals.check },

    load: Effect.fnUntraced(function* (partition, request) {
      const plan = fencePlanOf(request.records, request.end)
      if (plan instanceof Failure) return yield* plan
      const now = yield* Clock.currentTimeMillis
      const prefix = prefixOf(partition)
      const buckets = bucketsOf(plan.groups)
      const reply = yield* load(
        [`${prefix}:meta`, `${prefix}:state`, `${prefix}:timers`, ...keysOf(prefix, buckets)],
        [number(request.timersUpTo), request.maxTimers, loadArguments(plan, buckets, request.keys)]
      )
      return loadedFrom(reply, plan, request, now, horizon)
    }),

    commit: (partition, version, changes) =>
      refusals.watched(
        Effect.suspend(() => {
          const prefix = prefixOf(partition)
          const marks = marksOf(changes.fences, changes.handled)
          const buckets = bucketsOf(marks)
          const own = ["meta", "state", "timers", "outputs"].map((name) => `${prefix}:${name}`)
          const next = fenceAfter(changes.fences, changes.handled) ?? ""
          const { clock, partitions } = changes
          return Effect.map(
            scriptsOf(prefix).commit(
              [...own, ...keysOf(prefix, buckets)],
              [
                ...[String(version), next, number(clock), partitions, Math.ceil(horizon)],
                ...packedChanges(changes, marks, buckets)
              ]
            ),
            (reply) => Number(reply) === 1
          )
        })
      ),

    ...outputsIn(connection, scriptsOf, refusals),

    rekeyed: (topic, times) => {
      const prefix = `{spoor:by:${topic}}`
      const pairs = [...times].flatMap(([source, time]) => [source, number(time)])
      return Effect.map(
        refusals.watched(scriptsOf(prefix).rekeyed([`${prefix}:times`], pairs)),
        (reply) =>
          new Map(
            listOf(reply).flatMap((source, i, all) =>
              i % 2 === 0 ? [[String(source), Number(String(all[i + 1]))] as const] : []
            )
          )
      )
    }
  }
})

/** What waits in a partition, and the records that wait for their append. */
const outputsIn = (
  connection: RedisConnection,
  scriptsOf: (prefix: string) => KeyedScripts,
  refusals: RefusalWatch
): Pick<KeyedStore["Service"], "waiting" | "outputs" | "appended"> => ({
  waiting: Effect.fnUntraced(function* (partition, clock) {
    const prefix = prefixOf(partition)
    const due = yield* connection.command("ZCOUNT", `${prefix}:timers`, "-inf", number(clock))
    return { due: Number(due), outputs: Number(yield* connection.command("ZCARD", `${prefix}:outputs`)) }
  }),

  outputs: Effect.fnUntraced(function* (partition, limit) {
    const key = `${prefixOf(partition)}:outputs`
    const found = listOf(yield* connection.command("ZRANGE", key, 0, limit - 1))
    return found.map((member) => {
      const bytes = bytesOf(member)
      const colon = bytes.indexOf(58)
      const place = Number(bytes.subarray(0, colon).toString())
      return { place, record: outputOf(bytes.subarray(colon + 1)) }
    })
  }),

  appended: (partition, upTo) => {
    const prefix = prefixOf(partition)
    return Effect.asVoid(refusals.watched(scriptsOf(prefix).appended([`${prefix}:outputs`], [upTo])))
  }
})

interface KeyedScripts {
  readonly commit: Script
  readonly appended: Script
  readonly rekeyed: Script
}

/** The scripts of each slot, which has a writer of its own. */
const makeScripts = (
  connection: RedisConnection,
  scope: Scope.Scope,
  commandTimeout: number | undefined
): ((prefix: string) => KeyedScripts) => {
  const scripts = new Map<string, KeyedScripts>()
  return (prefix) => {
    const known = scripts.get(prefix)
    if (known !== undefined) return known
    const writer = makeWriter(connection, prefix, scope, commandTimeout)
    const made = {
      commit: writer.script(commitScript),
      appended: writer.script(appendedScript),
      rekeyed: writer.script(rekeyedScript)
    }
    scripts.set(prefix, made)
    return made
  }
}

const prefixOf = ({ actor, topic, partition }: KeyedPartition): string =>
  `{spoor:keyed:${actor}:${topic}-${partition}}`

const keysOf = (prefix: string, buckets: ReadonlyArray<string>): ReadonlyArray<string> =>
  buckets.map((bucket) => `${prefix}:seen:${bucket}`)

const bucketsOf = (groups: ReadonlyArray<{ readonly bucket: string }>): ReadonlyArray<string> => [
  ...new Set(groups.map(({ bucket }) => bucket))
]

/** The bitmaps to read, each by the place of its bucket (from 1) and its field, and the keys. */
const loadArguments = (
  { groups }: FencePlan,
  buckets: ReadonlyArray<string>,
  keys: ReadonlyArray<string>
): Uint8Array => {
  const places = placesOf(buckets)
  return pack([groups.flatMap(({ bucket, field }) => [places.get(bucket), field]), keys])
}

const placesOf = (buckets: ReadonlyArray<string>): ReadonlyMap<string, number> =>
  new Map(buckets.map((bucket, place) => [bucket, place + 1]))

const loadedFrom = (
  reply: Reply,
  plan: FencePlan,
  { keys }: LoadRequest,
  now: number,
  horizon: number
): LoadedPartition => {
  const [meta, bitmaps, states, due, owners] = listOf(reply).map(listOf)
  const [version, next, clock, partitions] = meta ?? []
  const timers = (due ?? []).flatMap(
    (member, i, all): ReadonlyArray<KeyedTimer> =>
      i % 2 === 0 ? [{ ...timerIn(bytesOf(member)), due: Number(String(all[i + 1])) }] : []
  )
  const found = new Map<string, Uint8Array>()
  const add = (key: string | undefined, state: Reply | undefined): void => {
    if (key !== undefined && state instanceof Uint8Array) found.set(key, state)
  }
  for (const [i, state] of (states ?? []).entries()) add(keys[i], state)
  for (const [i, state] of (owners ?? []).entries()) add(timers[i]?.key, state)
  const stored = {
    next: isText(next) ? String(next) : undefined,
    bitmaps: plan.groups.map((_, g) => bytesOf(bitmaps?.[g]))
  }
  const fences = judge(plan, stored, now, horizon)
  return {
    version: isText(version) ? Number(String(version)) : 0,
    clock: isText(clock) ? Number(String(clock)) : 0,
    partitions: isText(partitions) ? Number(String(partitions)) : undefined,
    verdicts: fences.verdicts,
    states: found,
    timers: timers.toSorted(byTime),
    fences
  }
}

/** The changes as MessagePack, and then the bytes that they refer to, in order. */
const packedChanges = (
  { states, timers, outputs }: KeyedChanges,
  marks: ReturnType<typeof marksOf>,
  buckets: ReadonlyArray<string>
): ReadonlyArray<Uint8Array> => {
  const places = placesOf(buckets)
  const set: Array<string> = []
  const dropped: Array<string> = []
  const bytes = marks.map(({ bits }) => bits)
  for (const [key, state] of states) {
    if (state === undefined) dropped.push(key)
    else {
      set.push(key)
      bytes.push(state)
    }
  }
  const started: Array<string> = []
  const stopped: Array<string> = []
  for (const { key, name, due } of timers) {
    if (due === undefined) stopped.push(memberOf(key, name))
    else started.push(number(due), memberOf(key, name))
  }
  const named = marks.flatMap(({ bucket, field }) => [places.get(bucket), field])
  return [
    pack([named, set, dropped, started, stopped, outputs.length]),
    ...bytes,
    ...outputs.map((output) => packOutput(output))
  ]
}

const memberOf = (key: string, name: string): string => `${Buffer.byteLength(key)}:${key}${name}`

const timerIn = (member: Buffer): { readonly key: string; readonly name: string } => {
  const colon = member.indexOf(58)
  const end = colon + 1 + Number(member.subarray(0, colon).toString())
  return { key: member.subarray(colon + 1, end).toString(), name: member.subarray(end).toString() }
}

/** A number for Redis, never in exponential form. */
const number = (value: number): string =>
  Number.isFinite(value) ? String(Math.floor(value)) : value > 0 ? "+inf" : "-inf"

const isText = (reply: Reply | undefined): boolean => reply instanceof Uint8Array

const bytesOf = (reply: Reply | undefined): Buffer =>
  reply instanceof Uint8Array ? (reply as Buffer) : Buffer.alloc(0)

const listOf = (reply: Reply | undefined): ReadonlyArray<Reply> => (Array.isArray(reply) ? reply : [])
