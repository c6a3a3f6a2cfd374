/**
 * Lines in the SQLite database of a Durable Object. Lives as long as the object; the database outlives it. Statements
 * without an `await` between them are one transaction.
 */
import type { DurableObjectStorage } from "cloudflare:workers"
import { endOfSalt } from "../../bridge/visitor-salts/service.ts"
import type { ByteString } from "../../contracts/event.ts"
import type { PushId } from "../../contracts/ids.ts"
import { newPushId, type PushedLines } from "../../contracts/messages/pushed-lines.ts"
import { full, saltExpired } from "./failures.ts"
import { decodeLines, encodeLines } from "./line-blob.ts"
import { maxPushBytes, maxPushLines } from "./push-limits.ts"
import type { LineStore } from "./service.ts"

const tables = [
  "CREATE TABLE IF NOT EXISTS lines (seq INTEGER PRIMARY KEY AUTOINCREMENT, lines BLOB, count INTEGER, bytes INTEGER, at INTEGER)",
  "CREATE TABLE IF NOT EXISTS sending (id TEXT PRIMARY KEY, last INTEGER)",
  "CREATE TABLE IF NOT EXISTS salts (day INTEGER PRIMARY KEY, salt TEXT)"
]

type Storage = Pick<DurableObjectStorage, "sql" | "sync">

interface Totals {
  lines: number
  bytes: number
}

export class SqliteLines implements LineStore {
  private readonly storage: Storage
  private readonly maxBytes: number
  /** Counted once, then kept in step: a sum reads every row. */
  private readonly stored: Totals

  constructor(storage: Storage, maxBytes: number) {
    this.storage = storage
    this.maxBytes = maxBytes
    for (const table of tables) storage.sql.exec(table)
    this.stored = this.totals(Number.MAX_SAFE_INTEGER)
  }

  async append(lines: ReadonlyArray<ByteString>): Promise<void> {
    const bytes = lines.reduce((sum, line) => sum + line.length, 0)
    if (this.stored.bytes + bytes > this.maxBytes) throw full(this.maxBytes)
    this.storage.sql.exec(
      "INSERT INTO lines (lines, count, bytes, at) VALUES (?, ?, ?, ?)",
      encodeLines(lines),
      lines.length,
      bytes,
      Date.now()
    )
    this.stored.lines += lines.length
    this.stored.bytes += bytes
    await this.storage.sync()
  }

  async next(): Promise<PushedLines | undefined> {
    const push = this.inFlight()
    if (push === undefined) return undefined
    const rows = this.storage.sql.exec<{ lines: ArrayBuffer }>(
      "SELECT lines FROM lines WHERE seq <= ? ORDER BY seq",
      push.last
    )
    const lines = Array.from(rows, (row) => decodeLines(new Uint8Array(row.lines)))
    await this.storage.sync()
    return { id: push.id, lines: lines.flat() }
  }

  async settle({ id }: PushedLines): Promise<void> {
    const { sql } = this.storage
    const [push] = sql.exec<{ last: number }>("SELECT last FROM sending WHERE id = ?", id).toArray()
    if (push === undefined) return
    const { lines, bytes } = this.totals(push.last)
    sql.exec("DELETE FROM lines WHERE seq <= ?", push.last)
    sql.exec("DELETE FROM sending")
    this.stored.lines -= lines
    this.stored.bytes -= bytes
  }

  async size(): Promise<Totals & { readonly oldestMs: number }> {
    const [oldest] = this.storage.sql
      .exec<{ at: number }>("SELECT at FROM lines ORDER BY seq LIMIT 1")
      .toArray()
    return { ...this.stored, oldestMs: oldest === undefined ? 0 : Math.max(0, Date.now() - oldest.at) }
  }

  async salt(day: number, proposed: string): Promise<string> {
    this.deleteOldSalts()
    if (endOfSalt(day) <= Date.now()) throw saltExpired()
    const { sql, sync } = this.storage
    sql.exec("INSERT OR IGNORE INTO salts (day, salt) VALUES (?, ?)", day, proposed)
    const { salt } = sql.exec<{ salt: string }>("SELECT salt FROM salts WHERE day = ?", day).one()
    await sync()
    return salt
  }

  /** Whether no lines are stored. */
  get isEmpty(): boolean {
    return this.stored.lines === 0
  }

  /** When the oldest salt must be deleted, milliseconds since 1970; undefined without salts. */
  nextSaltEnd(): number | undefined {
    const { day } = this.storage.sql.exec<{ day: number | null }>("SELECT MIN(day) AS day FROM salts").one()
    return day === null ? undefined : endOfSalt(day)
  }

  deleteOldSalts(): void {
    const { sql } = this.storage
    for (const { day } of sql.exec<{ day: number }>("SELECT day FROM salts").toArray())
      if (endOfSalt(day) <= Date.now()) sql.exec("DELETE FROM salts WHERE day = ?", day)
  }

  /** The lines and bytes of the rows up to that one. */
  private totals(last: number): Totals {
    return this.storage.sql
      .exec<{ lines: number; bytes: number }>(
        "SELECT COALESCE(SUM(count), 0) AS lines, COALESCE(SUM(bytes), 0) AS bytes FROM lines WHERE seq <= ?",
        last
      )
      .one()
  }

  /** The rows of the push in flight: those of an earlier attempt, else the oldest ones up to the limits. */
  private inFlight(): { readonly id: PushId; readonly last: number } | undefined {
    const { sql } = this.storage
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
}
