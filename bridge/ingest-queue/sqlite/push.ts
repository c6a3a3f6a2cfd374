/** Pushes to the queue in a file: one transaction checks the limits, counts the lines and appends them. */
import { Effect } from "effect"
import type { Failure } from "../../../contracts/failure.ts"
import type { DatabaseSync, SqliteFile } from "../../sqlite/database.ts"
import { toBuffer } from "../batch-blob.ts"
import type { Push } from "../push-failover.ts"
import { full, type PushRules } from "../push-limits.ts"
import { addTo, prepareLedger } from "./ledger.ts"
import { prepareWeight } from "./weight.ts"

/** Pushes fail with `busy` when the queue is full. The lines are on the disk when a push returns, whatever `rules.confirm` is. */
export const sqlitePush = (file: SqliteFile, rules: PushRules): Effect.Effect<Push, Failure> =>
  Effect.map(file.read(prepare), (steps) => (lines) => {
    if (lines.length === 0) return Effect.void
    const pushed = file.transaction(() => {
      const over = excess(steps, rules)
      if (over !== undefined) return over
      addTo(steps.ledger, [{ name: "pushed", by: lines.length }])
      for (const line of lines) steps.push.run(toBuffer(line))
      return undefined
    })
    return Effect.flatMap(pushed, (over) =>
      over === undefined ? Effect.void : Effect.fail(full(file.address, over))
    )
  })

type Steps = ReturnType<typeof prepare>

const prepare = (database: DatabaseSync) => ({
  ledger: prepareLedger(database),
  push: database.prepare("INSERT INTO lines (line) VALUES (?)"),
  // Places have no gaps: lines are appended at the end and removed at the head.
  count: database.prepare(
    "SELECT coalesce((SELECT max(place) FROM lines) - (SELECT min(place) FROM lines) + 1, 0) AS count"
  ),
  weight: prepareWeight(database)
})

const excess = (steps: Steps, { maxLength, maxBytes }: PushRules): "lines" | "bytes" | undefined => {
  const count = Number(steps.count.get()?.count)
  if (maxLength > 0 && count >= maxLength) return "lines"
  if (maxBytes === undefined || maxBytes === 0) return undefined
  return count * Number(steps.weight.get()?.weight) >= maxBytes ? "bytes" : undefined
}
