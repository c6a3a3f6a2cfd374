/** The figures' lease of the queue in a file: one row with its holder and the time at which it ends. */
import { Clock, Effect } from "effect"
import type { DatabaseSync, SqliteFile } from "../../sqlite/database.ts"
import type { FiguresLease } from "../service.ts"

export const figuresSchema = `
CREATE TABLE IF NOT EXISTS figures (
  place INTEGER PRIMARY KEY CHECK (place = 1), holder TEXT NOT NULL, lease INTEGER NOT NULL, until INTEGER NOT NULL
);
`

export type FiguresSteps = ReturnType<typeof prepareFigures>

export const prepareFigures = (database: DatabaseSync) => ({
  lease: database.prepare("SELECT holder, lease, until FROM figures"),
  hold: database.prepare("INSERT OR REPLACE INTO figures (place, holder, lease, until) VALUES (1, ?, ?, ?)"),
  release: database.prepare("DELETE FROM figures WHERE holder = ?"),
  // Every change of a dead letter is a change of the ledger, or one at the end of the list.
  revision: database.prepare(`SELECT
    (SELECT coalesce(min(place), 0) || ' ' || coalesce(max(place), 0) FROM lines) || ' ' ||
    (SELECT count(*) FROM batches WHERE packed IS NOT NULL) || ' ' ||
    (SELECT coalesce(max(place), 0) FROM dead_letters) || ' ' ||
    (SELECT coalesce(group_concat(name || ' ' || value), '') FROM ledger) AS revision`)
})

export const sqliteFigures = (file: SqliteFile, steps: FiguresSteps): FiguresLease => ({
  hold: (holder, leaseMs) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      file.transaction(() => {
        const lease = steps.lease.get()
        const leftMs = Number(lease?.until) - now
        // A lease with more left than it began with is from before the machine's clock was set back.
        if (lease !== undefined && lease.holder !== holder && leftMs > 0 && leftMs <= Number(lease.lease))
          return undefined
        steps.hold.run(holder, Math.ceil(leaseMs), now + Math.ceil(leaseMs))
        return { revision: String(steps.revision.get()?.revision), memoryUsed: 0, memoryMax: 0 }
      })
    ),
  release: (holder) => Effect.asVoid(file.transaction(() => steps.release.run(holder)))
})
