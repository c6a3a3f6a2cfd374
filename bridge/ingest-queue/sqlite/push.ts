/** Pushes to the queue in a file: one transaction checks the limits, counts the lines and appends them. */
import { Clock, Effect } from "effect"
import type { Failure } from "../../../contracts/failure.ts"
import type { PushId } from "../../../contracts/ids.ts"
import type { DatabaseSync, SqliteFile } from "../../sqlite/database.ts"
import { toBuffer } from "../batch-blob.ts"
import type { Push } from "../push-failover.ts"
import { full, type PushRules, pushMemoryMs } from "../push-limits.ts"
import { addTo, prepareLedger } from "./ledger.ts"
import { prepareWeight } from "./weight.ts"

/** The ids of pushes whose lines are in the queue, until they are forgotten (milliseconds since 1970). */
export const pushedSchema = `
CREATE TABLE IF NOT EXISTS pushed (id TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pushed_until ON pushed (until);
`

/** Pushes fail with `busy` when the queue is full. The lines are on the disk when a push returns, whatever `rules.confirm` is. */
export const sqlitePush = (file: SqliteFile, rules: PushRules): Effect.Effect<Push, Failure> =>
  Effect.map(file.read(prepare), (steps) =>
    Effect.fnUntraced(function* (lines, once) {
      if (lines.length === 0) return
      const now = yield* Clock.currentTimeMillis
      const over = yield* file.transaction(() => {
        if (once !== undefined && isRepeated(steps, once, now)) return undefined
        const over = excess(steps, rules)
        if (over !== undefined) return over
        addTo(steps.ledger, [{ name: "pushed", by: lines.length }])
        for (const line of lines) steps.push.run(toBuffer(line))
        if (once !== undefined) steps.remember.run(once, now + pushMemoryMs)
        return undefined
      })
      if (over !== undefined) return yield* full(file.address, over)
    })
  )

type Steps = ReturnType<typeof prepare>

const prepare = (database: DatabaseSync) => ({
  ledger: prepareLedger(database),
  push: database.prepare("INSERT INTO lines (line) VALUES (?)"),
  // Places have no gaps: lines are appended at the end and removed at the head.
  count: database.prepare(
    "SELECT coalesce((SELECT max(place) FROM lines) - (SELECT min(place) FROM lines) + 1, 0) AS count"
  ),
  weight: prepareWeight(database),
  forget: database.prepare("DELETE FROM pushed WHERE until <= ?"),
  again: database.prepare("UPDATE pushed SET until = ? WHERE id = ?"),
  remember: database.prepare("INSERT INTO pushed (id, until) VALUES (?, ?)")
})

/** True when an earlier push of this id appended its lines. */
const isRepeated = (steps: Steps, id: PushId, now: number): boolean => {
  steps.forget.run(now)
  return steps.again.run(now + pushMemoryMs, id).changes === 1
}

const excess = (steps: Steps, { maxLength, maxBytes }: PushRules): "lines" | "bytes" | undefined => {
  const count = Number(steps.count.get()?.count)
  if (maxLength > 0 && count >= maxLength) return "lines"
  if (maxBytes === undefined || maxBytes === 0) return undefined
  return count * Number(steps.weight.get()?.weight) >= maxBytes ? "bytes" : undefined
}
