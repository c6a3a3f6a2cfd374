/**
 * Projections in a file, for one machine: the same counts and fences as on Redis, each batch one transaction that is
 * on the disk when it returns. Several processes may share the file, which is open as long as the scope.
 */

import { Clock, Effect, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import type { DatabaseSync } from "../sqlite.ts"
import { openFile } from "../sqlite.ts"
import type { StoreLimits } from "./limits.ts"
import { isBelow, isRemembered, type Plan, planOf, type SeenGroup } from "./plan.ts"
import { type Applied, otherKey, type ProjectionStore } from "./service.ts"

/** `bits` is a bitmap of event ids, as in plan.ts; `touched` the last time it changed, milliseconds since 1970. */
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
`

/** How often old ids are looked for, milliseconds, and how many bitmaps are removed at a time. */
const cleaningPause = 1_000
const cleaningLimit = 10_000

/** Opens the store in the folder `directory`; fails with one clear sentence when that folder cannot be written. */
export const sqliteProjections = Effect.fnUntraced(function* (
  directory: string,
  limits: StoreLimits
): Effect.fn.Return<ProjectionStore["Service"], Failure, Scope.Scope> {
  const file = yield* openFile(directory, "projections.sqlite", projectionsSchema)
  const steps = yield* file.read(prepare)
  let cleaned = 0

  return {
    seam: { kind: "sqlite", embedded: true, address: file.address, check: file.check },

    apply: Effect.fnUntraced(function* (projection, batch) {
      if (batch.effects.length === 0) return { applied: 0, reread: 0, duplicates: 0 }
      const plan = planOf(batch)
      if (plan instanceof Failure) return yield* plan
      const now = yield* Clock.currentTimeMillis
      return yield* file.transaction(() => {
        const isDue = now - cleaned >= Math.min(cleaningPause, limits.horizon)
        if (isDue) steps.forget.run(now - limits.horizon, cleaningLimit)
        const applied = apply(steps, projection, plan, limits, now)
        if (isDue) cleaned = now
        return applied
      })
    }),

    top: (projection, table, limit) =>
      file.read(() =>
        steps.top
          .all(projection, table, Math.max(0, Math.floor(limit)))
          .map(({ key, count }) => ({ key: String(key), count: Number(count) }))
      ),

    size: (projection, table) => file.read(() => sizeOf(steps, projection, table))
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
  top: database.prepare(
    "SELECT key, count FROM counts WHERE projection = ? AND name = ? ORDER BY count DESC, key DESC LIMIT ?"
  )
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
  const first = fenced > 0 && isAnew(steps, projection, plan, fenced, isKnown) ? 0 : fenced
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

/** How many of the plan's records stand below the offset fence. */
const belowFence = (steps: Steps, projection: string, plan: Plan): number => {
  const fence = steps.fence.get(projection, plan.partition)?.next
  if (typeof fence !== "string" || isBelow(plan.end, fence)) return 0
  const first = plan.offsets.findIndex((offset) => !isBelow(offset, fence))
  return first === -1 ? plan.offsets.length : first
}

/** Below the fence stands what was counted. An event there that must be remembered then, and is not: the log began anew. */
const isAnew = (
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

/** The bitmap with the group's bits set, and which of its effects (from `first` on) set a bit that was not. */
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
  const sizes = plan.tables.map((table) => sizeOf(steps, projection, table))
  const before = [...sizes]
  for (const [key, sum] of sums) {
    const place = plan.keyTables[key] ?? 0
    const table = plan.tables[place] ?? ""
    const name = plan.keyNames[key] ?? ""
    const size = sizes[place] ?? 0
    if (steps.add.run(sum, projection, table, name).changes > 0) continue
    const isRoom = size < maxKeys - 1
    if (!isRoom && steps.add.run(sum, projection, table, otherKey).changes > 0) continue
    steps.begin.run(projection, table, isRoom ? name : otherKey, sum)
    sizes[place] = size + 1
  }
  for (const [place, table] of plan.tables.entries()) {
    const size = sizes[place] ?? 0
    if (size !== before[place]) steps.resize.run(projection, table, size)
  }
}
