/**
 * Lines in the SQLite database of a Durable Object. Lives as long as the object; the database outlives it. Statements
 * without an `await` between them are one transaction.
 */
import type { DurableObjectStorage } from "cloudflare:workers"
import { endOfSalt } from "../../bridge/visitor-salts/service.ts"
import { newPushId, type PushId } from "../../contracts/messages/pushed-lines.ts"
import { maxPushBytes, maxPushLines } from "./edge-store.ts"
import { full, saltExpired } from "./failures.ts"
import { decodeLines, encodeLines } from "./line-blob.ts"
import type { LineStore } from "./service.ts"

export interface SqliteLines extends LineStore {
  /** When the oldest salt must be deleted, milliseconds since 1970; undefined without salts. */
  readonly nextSaltEnd: () => number | undefined
  readonly deleteOldSalts: () => void
}

const tables = [
  "CREATE TABLE IF NOT EXISTS lines (seq INTEGER PRIMARY KEY AUTOINCREMENT, lines BLOB, count INTEGER, bytes INTEGER, at INTEGER)",
  "CREATE TABLE IF NOT EXISTS sending (id TEXT PRIMARY KEY, last INTEGER)",
  "CREATE TABLE IF NOT EXISTS salts (day INTEGER PRIMARY KEY, salt TEXT)"
]

export const sqliteLines = ({ sql, sync }: Storage, maxBytes: number): SqliteLines => {
  for (const table of tables) sql.exec(table)
  type Size = { readonly lines: number; readonly bytes: number; readonly oldest: number | null }
  const size = (): Size =>
    sql
      .exec<Size>(
        "SELECT COALESCE(SUM(count), 0) AS lines, COALESCE(SUM(bytes), 0) AS bytes, MIN(at) AS oldest FROM lines"
      )
      .one()
  let { bytes: storedBytes } = size()

  /** The rows of the push in flight: those of an earlier attempt, else the oldest ones up to the limits. */
  const inFlight = (): { readonly id: PushId; readonly last: number } | undefined => {
    const [before] = sql.exec<{ id: PushId; last: number }>("SELECT id, last FROM sending").toArray()
    if (before !== undefined) return before
    let last: number | undefined
    let lines = 0
    let bytes = 0
    const rows = sql.exec<{ seq: number; count: number; bytes: number }>(
      "SELECT seq, count, bytes FROM lines ORDER BY seq LIMIT 1000"
    )
    for (const row of rows) {
      lines += row.count
      bytes += row.bytes
      if (last !== undefined && (lines > maxPushLines || bytes > maxPushBytes)) break
      last = row.seq
    }
    if (last === undefined) return undefined
    const id = newPushId()
    sql.exec("INSERT INTO sending (id, last) VALUES (?, ?)", id, last)
    return { id, last }
  }

  const deleteOldSalts = (): void => {
    for (const { day } of sql.exec<{ day: number }>("SELECT day FROM salts").toArray())
      if (endOfSalt(day) <= Date.now()) sql.exec("DELETE FROM salts WHERE day = ?", day)
  }

  return {
    append: async (lines) => {
      const bytes = lines.reduce((sum, line) => sum + line.length, 0)
      if (storedBytes + bytes > maxBytes) throw full(maxBytes)
      sql.exec(
        "INSERT INTO lines (lines, count, bytes, at) VALUES (?, ?, ?, ?)",
        encodeLines(lines),
        lines.length,
        bytes,
        Date.now()
      )
      storedBytes += bytes
      await sync()
    },
    next: async () => {
      const push = inFlight()
      if (push === undefined) return undefined
      const rows = sql.exec<{ lines: ArrayBuffer }>(
        "SELECT lines FROM lines WHERE seq <= ? ORDER BY seq",
        push.last
      )
      const lines = Array.from(rows, (row) => decodeLines(new Uint8Array(row.lines)))
      await sync()
      return { id: push.id, lines: lines.flat() }
    },
    settle: async ({ id }) => {
      const [push] = sql.exec<{ last: number }>("SELECT last FROM sending WHERE id = ?", id).toArray()
      if (push === undefined) return
      sql.exec("DELETE FROM lines WHERE seq <= ?", push.last)
      sql.exec("DELETE FROM sending")
      storedBytes = size().bytes
    },
    size: async () => {
      const { oldest, ...stored } = size()
      return { ...stored, oldestMs: oldest === null ? 0 : Math.max(0, Date.now() - oldest) }
    },
    salt: async (day, proposed) => {
      deleteOldSalts()
      if (endOfSalt(day) <= Date.now()) throw saltExpired()
      sql.exec("INSERT OR IGNORE INTO salts (day, salt) VALUES (?, ?)", day, proposed)
      const { salt } = sql.exec<{ salt: string }>("SELECT salt FROM salts WHERE day = ?", day).one()
      await sync()
      return salt
    },
    nextSaltEnd: () => {
      const { day } = sql.exec<{ day: number | null }>("SELECT MIN(day) AS day FROM salts").one()
      return day === null ? undefined : endOfSalt(day)
    },
    deleteOldSalts
  }
}

type Storage = Pick<DurableObjectStorage, "sql" | "sync">
