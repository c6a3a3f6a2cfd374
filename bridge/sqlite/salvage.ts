/** Reads a damaged table row by row: unreadable rows are skipped, all others are saved. */
import type { DatabaseSync } from "./database.ts"

export interface Table {
  readonly name: string
  readonly columns: ReadonlyArray<Column>
  /** Whether rows have a rowid; otherwise they are found by their key only. */
  readonly hasRowid: boolean
}

interface Column {
  readonly name: string
  readonly type: string
  readonly isRequired: boolean
  /** The position in the key, from 1; 0 for a column outside the key. */
  readonly key: number
}

export interface SavedTable {
  readonly name: string
  readonly saved: number
  /** Whether all rows were readable. */
  readonly isWhole: boolean
}

/** The tables of a file, without SQLite's own. Throws when the schema is unreadable. */
export const tablesOf = (database: DatabaseSync): ReadonlyArray<Table> =>
  database
    .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all()
    .map(({ name, sql }) => ({
      name: String(name),
      hasRowid: !/WITHOUT ROWID/i.test(String(sql)),
      columns: database
        .prepare(`SELECT name, type, "notnull" AS required, pk FROM pragma_table_info(?)`)
        .all(String(name))
        .map((column) => ({
          name: String(column.name),
          type: String(column.type),
          isRequired: Number(column.required) === 1,
          key: Number(column.pk)
        }))
    }))

type Row = Record<string, unknown>

/** Saves the readable rows of the table. `isNumbered`: rows get new numbers, in the same order. */
export const saveTable = (
  source: DatabaseSync,
  target: DatabaseSync,
  table: Table,
  isNumbered: boolean
): SavedTable => {
  const columns = table.columns.filter(({ key, type }) => !(isNumbered && key === 1 && type === "INTEGER"))
  const names = columns.map(({ name }) => `"${name}"`).join(", ")
  const insert = target.prepare(
    `INSERT OR IGNORE INTO "${table.name}" (${names}) VALUES (${columns.map(() => "?").join(", ")})`
  )
  let saved = 0
  let isWhole = true
  /** False when the row exists already. */
  const add = (row: Row): boolean => {
    if (!columns.every((column) => fits(column, row[column.name]))) {
      isWhole = false
      return true
    }
    const isNew = insert.run(...columns.map(({ name }) => row[name] as string)).changes === 1
    if (isNew) saved += 1
    return isNew
  }
  const isRead = attempt(() =>
    table.hasRowid ? readByNumber(source, table.name, add) : readFromBothEnds(source, table, add)
  )
  return { name: table.name, saved, isWhole: isWhole && isRead }
}

/** A value of another type shows that the bytes were not a row of this table. */
const fits = ({ type, isRequired }: Column, value: unknown): boolean => {
  if (value === null || value === undefined) return !isRequired
  if (type === "BLOB") return value instanceof Uint8Array
  if (type === "TEXT") return typeof value === "string"
  return typeof value === "number" || typeof value === "bigint"
}

/** Failed reads before the rest of a table is skipped. */
const maxFailures = 100_000

/** The maximum of a rowid here. */
const highest = 2 ** 42

/** Halves an unreadable range until only the unreadable rowids remain. */
const readByNumber = (source: DatabaseSync, name: string, add: (row: Row) => boolean): boolean => {
  const range = source.prepare(
    `SELECT rowid AS "row number", * FROM "${name}" WHERE rowid BETWEEN ? AND ? ORDER BY rowid`
  )
  const end = (direction: "ASC" | "DESC"): number | undefined => {
    try {
      const row = source
        .prepare(`SELECT rowid AS place FROM "${name}" ORDER BY rowid ${direction} LIMIT 1`)
        .get()
      return row === undefined ? 0 : Number(row.place)
    } catch {
      return undefined
    }
  }
  const open: Array<readonly [low: number, high: number]> = [[end("ASC") ?? 0, end("DESC") ?? highest]]
  let failures = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [low, high] = next
    let at = low
    const isRead = attempt(() => {
      for (const row of range.iterate(low, high)) {
        add(row)
        at = Number(row["row number"]) + 1
      }
      return true
    })
    if (isRead || at > high) continue
    failures += 1
    if (failures > maxFailures) return false
    if (at > low) open.push([at, high])
    else if (low < high) {
      const middle = low + Math.floor((high - low) / 2)
      open.push([middle + 1, high], [low, middle])
    }
  }
  return failures === 0
}

/** Reads in the order of the key up to an unreadable row, then in reverse order down to the rows that are saved already. */
const readFromBothEnds = (source: DatabaseSync, table: Table, add: (row: Row) => boolean): boolean => {
  const keys = table.columns.filter(({ key }) => key > 0).toSorted((a, b) => a.key - b.key)
  const read = (direction: "ASC" | "DESC", isEnough: (isNew: boolean) => boolean): boolean =>
    attempt(() => {
      const order = keys.map(({ name }) => `"${name}" ${direction}`).join(", ")
      for (const row of source.prepare(`SELECT * FROM "${table.name}" ORDER BY ${order}`).iterate())
        if (isEnough(add(row))) break
      return true
    })
  if (read("ASC", () => false)) return true
  read("DESC", (isNew) => !isNew)
  return false
}

/** False when SQLite fails, or the value read is not a valid rowid. */
const attempt = (work: () => boolean): boolean => {
  try {
    return work()
  } catch (error) {
    if (error instanceof Error && "code" in error && /SQLITE|OUT_OF_RANGE/.test(String(error.code)))
      return false
    throw error
  }
}
