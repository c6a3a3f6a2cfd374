/**
 * The state of keyed actors in a file, for one machine: the same versions, fences, timers and outputs as on Redis; each
 * commit is one transaction that is on the disk when it returns. Several processes may share the file, which is open as
 * long as the scope.
 */
import { Clock, Effect, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { type DatabaseSync, openFile } from "../sqlite/database.ts"
import { type FencePlan, fenceAfter, fencePlanOf, judge, marksOf } from "./fences.ts"
import { outputOf, packOutput } from "./output.ts"
import type {
  KeyedChanges,
  KeyedPartition,
  KeyedStore,
  KeyedTimer,
  LoadedPartition,
  LoadRequest
} from "./service.ts"
import { byTime } from "./timer-order.ts"

/** `part` names a partition of an actor; `bits` is a bitmap of event ids; times are milliseconds since 1970. */
export const keyedSchema = `
CREATE TABLE IF NOT EXISTS partitions (
  part TEXT PRIMARY KEY, version INTEGER NOT NULL, next TEXT, clock INTEGER NOT NULL, partitions INTEGER NOT NULL,
  outputs INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS states (
  part TEXT NOT NULL, key TEXT NOT NULL, state BLOB NOT NULL, PRIMARY KEY (part, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timers (
  part TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, due INTEGER NOT NULL, PRIMARY KEY (part, key, name)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS timers_by_time ON timers (part, due, key, name);
CREATE TABLE IF NOT EXISTS outputs (
  part TEXT NOT NULL, place INTEGER NOT NULL, record BLOB NOT NULL, PRIMARY KEY (part, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (
  part TEXT NOT NULL, batch TEXT NOT NULL, bits BLOB NOT NULL, touched INTEGER NOT NULL, UNIQUE (part, batch)
);
CREATE INDEX IF NOT EXISTS seen_touched ON seen (touched);
CREATE TABLE IF NOT EXISTS rekeyed (
  topic TEXT NOT NULL, source TEXT NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (topic, source)
) WITHOUT ROWID;
`

/** Interval between removals of expired ids, and the number of bitmaps removed at once. */
const cleaningIntervalMs = 1_000
const cleaningLimit = 10_000

/**
 * Opens the store in the folder `directory`. `horizon`: how long event ids are stored, milliseconds. Fails with one sentence
 * when that folder is not writable.
 */
export const sqliteKeyedStore = Effect.fnUntraced(function* (
  directory: string,
  horizon: number
): Effect.fn.Return<KeyedStore["Service"], Failure, Scope.Scope> {
  const file = yield* openFile(directory, "keyed.sqlite", keyedSchema)
  const steps = yield* file.read(prepare)
  let cleaned = 0

  return {
    dependency: {
      ...{ kind: "sqlite", embedded: true, address: file.address },
      ...{ outage: file.outage, check: file.check }
    },

    load: Effect.fnUntraced(function* (partition, request) {
      const plan = fencePlanOf(request.records, request.end)
      if (plan instanceof Failure) return yield* plan
      const now = yield* Clock.currentTimeMillis
      return yield* file.read(() => load(steps, partOf(partition), plan, request, now, horizon))
    }),

    commit: Effect.fnUntraced(function* (partition, version, changes) {
      const now = yield* Clock.currentTimeMillis
      return yield* file.transaction(() => {
        const isDue = now - cleaned >= Math.min(cleaningIntervalMs, horizon)
        if (isDue) steps.forget.run(now - horizon, cleaningLimit)
        const isCommitted = commit(steps, partOf(partition), version, changes, now)
        if (isDue) cleaned = now
        return isCommitted
      })
    }),

    waiting: (partition, clock) =>
      file.read(() => ({
        due: Number(steps.dueCount.get(partOf(partition), wholeTime(clock))?.count ?? 0),
        outputs: Number(steps.outputCount.get(partOf(partition))?.count ?? 0)
      })),

    outputs: (partition, limit) =>
      file.read(() =>
        steps.outputs
          .all(partOf(partition), limit)
          .map(({ place, record }) => ({ place: Number(place), record: outputOf(blobOf(record)) }))
      ),

    appended: (partition, upTo) =>
      file.transaction(() => void steps.removeOutputs.run(partOf(partition), upTo)),

    rekeyed: (topic, times) =>
      file.transaction(() => {
        for (const [source, time] of times) steps.rekey.run(topic, source, wholeTime(time))
        return new Map(
          steps.rekeyed.all(topic).map(({ source, time }) => [String(source), Number(time)] as const)
        )
      })
  }
})

type Steps = ReturnType<typeof prepare>

const prepare = (database: DatabaseSync) => ({
  partition: database.prepare(
    "SELECT version, next, clock, partitions, outputs FROM partitions WHERE part = ?"
  ),
  movePartition: database.prepare(`INSERT INTO partitions (part, version, next, clock, partitions, outputs)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version, next = excluded.next,
    clock = excluded.clock, partitions = excluded.partitions, outputs = excluded.outputs`),
  seen: database.prepare("SELECT bits FROM seen WHERE part = ? AND batch = ?"),
  see: database.prepare(`INSERT INTO seen (part, batch, bits, touched) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET bits = excluded.bits, touched = excluded.touched`),
  forget: database.prepare(
    "DELETE FROM seen WHERE rowid IN (SELECT rowid FROM seen WHERE touched < ? ORDER BY touched LIMIT ?)"
  ),
  state: database.prepare("SELECT state FROM states WHERE part = ? AND key = ?"),
  setState: database.prepare(
    "INSERT INTO states (part, key, state) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state"
  ),
  dropState: database.prepare("DELETE FROM states WHERE part = ? AND key = ?"),
  due: database.prepare(
    "SELECT key, name, due FROM timers WHERE part = ? AND due <= ? ORDER BY due, key, name LIMIT ?"
  ),
  dueCount: database.prepare("SELECT count(*) AS count FROM timers WHERE part = ? AND due <= ?"),
  startTimer: database.prepare(`INSERT INTO timers (part, key, name, due) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET due = excluded.due`),
  stopTimer: database.prepare("DELETE FROM timers WHERE part = ? AND key = ? AND name = ?"),
  addOutput: database.prepare("INSERT INTO outputs (part, place, record) VALUES (?, ?, ?)"),
  outputs: database.prepare("SELECT place, record FROM outputs WHERE part = ? ORDER BY place LIMIT ?"),
  outputCount: database.prepare("SELECT count(*) AS count FROM outputs WHERE part = ?"),
  removeOutputs: database.prepare("DELETE FROM outputs WHERE part = ? AND place <= ?"),
  rekey: database.prepare(`INSERT INTO rekeyed (topic, source, time) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET time = max(time, excluded.time)`),
  rekeyed: database.prepare("SELECT source, time FROM rekeyed WHERE topic = ?")
})

const load = (
  steps: Steps,
  part: string,
  plan: FencePlan,
  { keys, timersUpTo, maxTimers }: LoadRequest,
  now: number,
  horizon: number
): LoadedPartition => {
  const row = steps.partition.get(part)
  const bitmaps = plan.groups.map(({ bucket, field }) => blobOf(steps.seen.get(part, bucket + field)?.bits))
  const fences = judge(plan, { next: textIn(row?.next), bitmaps }, now, horizon)
  const timers = steps.due
    .all(part, wholeTime(Math.max(timersUpTo, Number(row?.clock ?? timersUpTo))), maxTimers)
    .map(({ key, name, due }): KeyedTimer => ({ key: String(key), name: String(name), due: Number(due) }))
  const states = new Map<string, Uint8Array>()
  for (const key of new Set([...keys, ...timers.map((timer) => timer.key)])) {
    const state = steps.state.get(part, key)?.state
    if (state instanceof Uint8Array) states.set(key, state)
  }
  return {
    version: Number(row?.version ?? 0),
    clock: Number(row?.clock ?? 0),
    partitions: row === undefined ? undefined : Number(row.partitions),
    verdicts: fences.verdicts,
    states,
    timers: timers.toSorted(byTime),
    fences
  }
}

const commit = (steps: Steps, part: string, version: number, changes: KeyedChanges, now: number): boolean => {
  const row = steps.partition.get(part)
  if (Number(row?.version ?? 0) !== version) return false
  const { fences, handled, clock, partitions, states, timers, outputs } = changes
  for (const { bucket, field, bits } of marksOf(fences, handled))
    steps.see.run(part, bucket + field, bits, now)
  for (const [key, state] of states) {
    if (state === undefined) steps.dropState.run(part, key)
    else steps.setState.run(part, key, state)
  }
  for (const { key, name, due } of timers) {
    if (due === undefined) steps.stopTimer.run(part, key, name)
    else steps.startTimer.run(part, key, name, wholeTime(due))
  }
  const before = Number(row?.outputs ?? 0)
  for (const [i, output] of outputs.entries()) steps.addOutput.run(part, before + 1 + i, packOutput(output))
  const next = fenceAfter(fences, handled) ?? textIn(row?.next) ?? null
  steps.movePartition.run(
    ...([part, version + 1, next, wholeTime(clock), partitions, before + outputs.length] as const)
  )
  return true
}

const partOf = ({ actor, topic, partition }: KeyedPartition): string => `${actor} ${topic}-${partition}`

/** A time as SQLite stores it: a whole number. */
const wholeTime = (time: number): number =>
  Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Math.floor(time)))

const textIn = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

const blobOf = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : new Uint8Array())
