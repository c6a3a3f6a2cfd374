/** Checks a database file for damage: within bounded time before it is used, or completely on request. */
import { statSync } from "node:fs"
import { faultOf, textOf } from "./errors.ts"

/**
 * A file up to this size is checked completely at the start, bytes: 128 MiB take about 0.3 s. Of a larger file only the
 * schema and both ends of each table are read.
 */
export const wholeCheckBytes = 128 * 1024 * 1024

/** The part of an open database that the check uses. */
interface Database {
  readonly exec: (sql: string) => void
  readonly prepare: (sql: string) => {
    readonly get: () => Readonly<Record<string, unknown>> | undefined
    readonly all: () => ReadonlyArray<Readonly<Record<string, unknown>>>
  }
}

/** The damage, as reported by SQLite; undefined when none was found. `path` is the file's. */
export const damageAtStart = (database: Database, path: string): string | undefined =>
  statSync(path).size <= wholeCheckBytes ? damage(database) : attempt(() => readEnds(database))

/** The same for the whole file, of any size. */
export const damage = (database: Database): string | undefined =>
  attempt(() => {
    database.exec("PRAGMA cell_size_check = ON")
    const found = String(Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {})[0] ?? "ok")
    return found === "ok"
      ? undefined
      : found.replace(/^\*\*\* in database main \*\*\*\s*/, "").replace(/\s*\n\s*/g, " ")
  })

const readEnds = (database: Database): undefined => {
  const tables = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").all()
  for (const { name, sql } of tables) {
    const table = `"${String(name)}"`
    database.prepare(`SELECT * FROM ${table} LIMIT 1`).get()
    if (!/WITHOUT ROWID/i.test(String(sql)))
      database.prepare(`SELECT * FROM ${table} ORDER BY rowid DESC LIMIT 1`).get()
  }
}

const attempt = (check: () => string | undefined): string | undefined => {
  try {
    return check()
  } catch (error) {
    if (faultOf(error) === "damaged") return textOf(error)
    throw error
  }
}
