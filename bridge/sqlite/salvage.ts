/** Reading a damaged table row by row: what cannot be read is left out, and everything around it is saved. */
import type { DatabaseSync } from "./database.ts"

export interface Table {
  readonly name: string
  readonly columns: ReadonlyArray<Column>
  /** Has it a number for each row? Else rows are found by their key alone. */
  readonly hasRowid: boolean
}

interface Column {
  readonly name: string
  readonly type: string
  readonly isRequired: boolean
  /** Its place in the key, from 1; 0 when it is not in it. */
  readonly key: number
}

export interface SavedTable {
  readonly name: string
  readonly saved: number
  /** Could everything be read? */
  readonly isWhole: boolean
}

/** The tables of a file, without SQLite's own. Throws when its schema cannot be read. */
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

/** Saves what can be read of the table. `isNumbered`: its rows get new numbers, in the same order. */
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
  /** False when it is there already. */
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

/** A value of another kind shows that these bytes were no such row. */
const fits = ({ type, isRequired }: Column, value: unknown): boolean => {
  if (value === null || value === undefined) return !isRequired
  if (type === "BLOB") return value instanceof Uint8Array
  if (type === "TEXT") return typeof value === "string"
  return typeof value === "number" || typeof value === "bigint"
}

/** So many reads may fail before the rest of a table is given up. */
const maxFailures = 100_000

/** No row has a higher number than this. */
const highest = 2 ** 42

/** A range that cannot be read is halved, until only the numbers are left that cannot be read by themselves. */
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

/** In the order of the key until a row cannot be read, then against it until the rows that are saved already. */
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

/** False when SQLite cannot go on, or what it read is no number of ours. */
const attempt = (work: () => boolean): boolean => {
  try {
    return work()
  } catch (error) {
    if (error instanceof Error && "code" in error && /SQLITE|OUT_OF_RANGE/.test(String(error.code)))
      return false
    throw error
  }
}
