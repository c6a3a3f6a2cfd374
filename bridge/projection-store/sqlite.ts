/**
 * Projections in a file, for one machine: the same counts and fences as on Redis; each batch is one transaction that is on
 * the disk when it returns. Several processes may share the file, which is open as long as the scope.
 */

import { Clock, Effect, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import type { DatabaseSync } from "../sqlite/database.ts"
import { openFile } from "../sqlite/database.ts"
import type { StoreLimits } from "./limits.ts"
import { isBelow, isRemembered, type Plan, planOf, type SeenGroup } from "./plan.ts"
import { type Applied, otherKey, type ProjectionStore } from "./service.ts"
import { bySum, type Counted, replaceSmallest, rowsOf } from "./space-saving.ts"

/**
 * `bits` is a bitmap of event ids, as in plan.ts; `touched` the last time it changed, milliseconds since 1970. `count`
 * includes the key's `error` (space-saving.ts), which has a row where it is not 0.
 */
export const projectionsSchema = `
CREATE TABLE IF NOT EXISTS offsets (
  projection TEXT NOT NULL, partition TEXT NOT NULL, next TEXT NOT NULL, PRIMARY KEY (projection, partition)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (
  projection TEXT NOT NULL, batch TEXT NOT NULL, bits BLOB NOT NULL, touched INTEGER NOT NULL,
  UNIQUE (projection, batch)
);
CREATE INDEX IF NOT EXISTS seen_touched ON seen (touched);
CREATE TABLE IF NOT EXISTS sizes (
  projection TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (projection, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counts (
  projection TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, count REAL NOT NULL,
  PRIMARY KEY (projection, name, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS counts_by_size ON counts (projection, name, count, key);
CREATE TABLE IF NOT EXISTS errors (
  projection TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, error REAL NOT NULL,
  PRIMARY KEY (projection, name, key)
) WITHOUT ROWID;
`

/** Interval between removals of expired ids, and the number of bitmaps removed at once. */
const cleaningIntervalMs = 1_000
const cleaningLimit = 10_000

/** Opens the store in the folder `directory`; fails with one sentence when that folder is not writable. */
export const sqliteProjections = Effect.fnUntraced(function* (
  directory: string,
  limits: StoreLimits
): Effect.fn.Return<ProjectionStore["Service"], Failure, Scope.Scope> {
  const file = yield* openFile(directory, "projections.sqlite", projectionsSchema)
  const steps = yield* file.read(prepare)
  let cleaned = 0

  return {
    dependency: {
      ...{ kind: "sqlite", embedded: true, address: file.address },
      ...{ outage: file.outage, check: file.check }
    },

    apply: Effect.fnUntraced(function* (projection, batch) {
      if (batch.effects.length === 0) return { applied: 0, reread: 0, duplicates: 0 }
      const plan = planOf(batch)
      if (plan instanceof Failure) return yield* plan
      const now = yield* Clock.currentTimeMillis
      return yield* file.transaction(() => {
        const isDue = now - cleaned >= Math.min(cleaningIntervalMs, limits.horizon)
        if (isDue) steps.forget.run(now - limits.horizon, cleaningLimit)
        const applied = apply(steps, projection, plan, limits, now)
        if (isDue) cleaned = now
        return applied
      })
    }),

    top: (projection, table, limit) =>
      file.read(() => {
        const rows = steps.top.all(projection, table, Math.max(0, Math.floor(limit)))
        const errors = new Map(
          rows.flatMap(({ key, error }) => (error === null ? [] : [[String(key), Number(error)] as const]))
        )
        return rowsOf(rows.map(countedRow), errors)
      }),

    size: (projection, table) => file.read(() => sizeOf(steps, projection, table)),

    reset: (projection, table) =>
      file.transaction(() => {
        for (const step of steps.reset) step.run(projection, table)
      })
  }
})

type Steps = ReturnType<typeof prepare>

const prepare = (database: DatabaseSync) => ({
  fence: database.prepare("SELECT next FROM offsets WHERE projection = ? AND partition = ?"),
  moveFence: database.prepare(
    "INSERT INTO offsets (projection, partition, next) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next = excluded.next"
  ),
  seen: database.prepare("SELECT bits FROM seen WHERE projection = ? AND batch = ?"),
  see: database.prepare(`INSERT INTO seen (projection, batch, bits, touched) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET bits = excluded.bits, touched = excluded.touched`),
  forget: database.prepare(
    "DELETE FROM seen WHERE rowid IN (SELECT rowid FROM seen WHERE touched < ? ORDER BY touched LIMIT ?)"
  ),
  add: database.prepare("UPDATE counts SET count = count + ? WHERE projection = ? AND name = ? AND key = ?"),
  begin: database.prepare("INSERT INTO counts (projection, name, key, count) VALUES (?, ?, ?, ?)"),
  size: database.prepare("SELECT size FROM sizes WHERE projection = ? AND name = ?"),
  resize: database.prepare(
    "INSERT INTO sizes (projection, name, size) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET size = excluded.size"
  ),
  top: database.prepare(`SELECT key, count, error FROM counts LEFT JOIN errors USING (projection, name, key)
    WHERE projection = ? AND name = ? ORDER BY count DESC, key DESC LIMIT ?`),
  smallest: database.prepare(
    "SELECT key, count FROM counts WHERE projection = ? AND name = ? AND key <> ? ORDER BY count, key LIMIT ?"
  ),
  remove: database.prepare("DELETE FROM counts WHERE projection = ? AND name = ? AND key = ?"),
  error: database.prepare("SELECT error FROM errors WHERE projection = ? AND name = ? AND key = ?"),
  setError: database.prepare("INSERT INTO errors (projection, name, key, error) VALUES (?, ?, ?, ?)"),
  forgetError: database.prepare("DELETE FROM errors WHERE projection = ? AND name = ? AND key = ?"),
  reset: ["counts", "errors", "sizes"].map((name) =>
    database.prepare(`DELETE FROM ${name} WHERE projection = ? AND name = ?`)
  )
})

const countedRow = ({ key, count }: Readonly<Record<string, unknown>>): Counted => ({
  name: String(key),
  count: Number(count)
})

const sizeOf = (steps: Steps, projection: string, table: string): number =>
  Number(steps.size.get(projection, table)?.size ?? 0)

const apply = (
  steps: Steps,
  projection: string,
  plan: Plan,
  { maxKeys, horizon }: StoreLimits,
  now: number
): Applied => {
  const isKnown = (group: SeenGroup): boolean => isRemembered(group, now, horizon)
  const fenced = belowFence(steps, projection, plan)
  const first = fenced > 0 && isRecreated(steps, projection, plan, fenced, isKnown) ? 0 : fenced
  if (first === plan.offsets.length) return { applied: 0, reread: first, duplicates: 0 }

  const effects = plan.unnamed.filter((effect) => effect >= first)
  let duplicates = 0
  for (const group of plan.groups) {
    const name = group.bucket + group.field
    const { bits, fresh, repeated } = mark(bitmap(steps, projection, group), group, first)
    duplicates += repeated
    if (fresh.length === 0) continue
    effects.push(...fresh)
    steps.see.run(projection, name, bits, now)
  }
  addUp(steps, projection, plan, effects, maxKeys)
  steps.moveFence.run(projection, plan.partition, plan.next)
  return { applied: effects.length, reread: first, duplicates }
}

/** The number of the plan's records below the offset fence. */
const belowFence = (steps: Steps, projection: string, plan: Plan): number => {
  const fence = steps.fence.get(projection, plan.partition)?.next
  if (typeof fence !== "string" || isBelow(plan.end, fence)) return 0
  const first = plan.offsets.findIndex((offset) => !isBelow(offset, fence))
  return first === -1 ? plan.offsets.length : first
}

/** Records below the fence were counted. A record whose id should be stored, and is not, shows that the log was recreated. */
const isRecreated = (
  steps: Steps,
  projection: string,
  { groups }: Plan,
  fenced: number,
  isKnown: (group: SeenGroup) => boolean
): boolean =>
  groups.filter(isKnown).some((group) => {
    const known = bitmap(steps, projection, group)
    return group.effects.some((effect, i) => {
      const bit = group.bits[i] ?? 0
      return effect < fenced && ((known[bit >> 3] ?? 0) & (1 << (bit & 7))) === 0
    })
  })

const bitmap = (steps: Steps, projection: string, { bucket, field }: SeenGroup): Uint8Array => {
  const bits = steps.seen.get(projection, bucket + field)?.bits
  return bits instanceof Uint8Array ? bits : new Uint8Array()
}

/** The bitmap with the group's bits set, and the effects (from `first` on) that set a new bit. */
const mark = (known: Uint8Array, group: SeenGroup, first: number) => {
  const size = Math.max(known.length, Math.floor(Math.max(...group.bits) / 8) + 1)
  const bits = new Uint8Array(size)
  bits.set(known)
  const fresh: Array<number> = []
  let repeated = 0
  for (const [i, effect] of group.effects.entries()) {
    if (effect < first) continue
    const bit = group.bits[i] ?? 0
    const byte = bits[bit >> 3] ?? 0
    const mask = 1 << (bit & 7)
    if ((byte & mask) !== 0) {
      repeated += 1
      continue
    }
    bits[bit >> 3] = byte | mask
    fresh.push(effect)
  }
  return { bits, fresh, repeated }
}

const addUp = (
  steps: Steps,
  projection: string,
  plan: Plan,
  effects: ReadonlyArray<number>,
  maxKeys: number
): void => {
  const sums = new Map<number, number>()
  for (const effect of effects) {
    for (let i = plan.ends[effect - 1] ?? 0; i < (plan.ends[effect] ?? 0); i++) {
      const key = plan.addKeys[i] ?? 0
      sums.set(key, (sums.get(key) ?? 0) + (plan.addAmounts[i] ?? 0))
    }
  }
  const fresh = plan.tables.map((): Array<Counted> => [])
  for (const [key, count] of sums) {
    const place = plan.keyTables[key] ?? 0
    const name = plan.keyNames[key] ?? ""
    if (steps.add.run(count, projection, plan.tables[place] ?? "", name).changes > 0) continue
    if (name === otherKey) addOther(steps, projection, plan.tables[place] ?? "", count)
    else fresh[place]?.push({ name, count })
  }
  for (const [place, table] of plan.tables.entries()) {
    const keys = fresh[place] ?? []
    if (keys.length > 0) admit(steps, projection, table, keys.toSorted(bySum), maxKeys)
  }
}

/** Adds to the key `(other)`, which has a reserved place. */
const addOther = (steps: Steps, projection: string, table: string, count: number): void => {
  if (steps.add.run(count, projection, table, otherKey).changes > 0) return
  steps.begin.run(projection, table, otherKey, count)
  steps.resize.run(projection, table, sizeOf(steps, projection, table) + 1)
}

/** Adds new keys to a table: the largest to its free places, the others in place of the table's smallest keys. */
const admit = (
  steps: Steps,
  projection: string,
  table: string,
  fresh: ReadonlyArray<Counted>,
  maxKeys: number
): void => {
  const size = sizeOf(steps, projection, table)
  const free = Math.min(fresh.length, Math.max(0, maxKeys - 1 - size))
  const over = fresh.length - free
  for (const { name, count } of fresh.slice(over)) steps.begin.run(projection, table, name, count)
  if (free > 0) steps.resize.run(projection, table, size + free)
  if (over > 0) replace(steps, projection, table, fresh.slice(0, over))
}

/** Replaces the smallest keys of a table with the new keys. */
const replace = (steps: Steps, projection: string, table: string, fresh: ReadonlyArray<Counted>): void => {
  const smallest = steps.smallest.all(projection, table, otherKey, fresh.length).map(countedRow)
  const { gone, admitted, rest } = replaceSmallest(fresh, smallest)
  let lost = rest
  for (const { name, count } of smallest.slice(0, gone)) {
    lost += count - Number(steps.error.get(projection, table, name)?.error ?? 0)
    steps.remove.run(projection, table, name)
    steps.forgetError.run(projection, table, name)
  }
  for (const { name, count, error } of admitted) {
    steps.begin.run(projection, table, name, count)
    steps.setError.run(projection, table, name, error)
  }
  addOther(steps, projection, table, lost)
}
