/**
 * Repairs a damaged database file: copies its readable rows to a new file, which replaces it; the damaged file is kept in
 * the same folder. It works on a copy, within one call, while no actor has the file open.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync
} from "node:fs"
import { basename, dirname } from "node:path"
import { damage } from "./check.ts"
import { makePrivate } from "./data-folder.ts"
import { type DatabaseSync, openAsIs } from "./database.ts"
import { faultOf } from "./errors.ts"
import { type SavedTable, saveTable, tablesOf } from "./salvage.ts"

/** The schema of a file, and what must hold after rows were lost. */
export interface DatabaseKind {
  readonly schema: string
  /** Tables whose rows are renumbered in order, because their numbers must have no gaps. */
  readonly numbered: ReadonlyArray<string>
  /** SQL for the new file, run when all rows are saved. */
  readonly mend?: string
}

export interface Repaired {
  readonly tables: ReadonlyArray<SavedTable>
  /** The path of the damaged file. */
  readonly kept: string
}

/** The damage found by a complete check, as reported by SQLite; undefined for an undamaged file. */
export const damageOf = (path: string): string | undefined => {
  const database = openAsIs(path)
  try {
    return damage(database)
  } finally {
    database.close()
  }
}

/** Why a file was not repaired, as a sentence; nothing was changed. */
export class NotRepaired extends Error {}

/** `now` is part of the kept file's name. Throws `NotRepaired`, or the system's error (no space on the disk). */
export const repairFile = (path: string, kind: DatabaseKind, now: Date): Repaired => {
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d+/g, "")
  const kept = `${path}.damaged-${stamp}`
  const [copy, fresh] = [`${path}-repair-${process.pid}`, `${path}-repaired-${process.pid}`]
  if (existsSync(kept))
    throw new NotRepaired(`The file ${kept} exists already: move it away, then repeat the command.`)
  try {
    for (const file of [fresh, copy]) makePrivate(dirname(file), basename(file))
    const target = openAsIs(fresh)
    let tables: ReadonlyArray<SavedTable>
    try {
      target.exec(`PRAGMA journal_mode = WAL; ${kind.schema}; PRAGMA wal_checkpoint(TRUNCATE)`)
      copyWithLog(path, copy)
      refuseIfUsed(path)
      tables = withReadable(copy, fresh, (source) => saveAll(source, target, kind))
    } finally {
      target.close()
    }
    for (const end of ["", "-wal", "-shm"]) if (existsSync(path + end)) renameSync(path + end, kept + end)
    renameSync(fresh, path)
    return { tables, kept }
  } finally {
    for (const name of [copy, fresh])
      for (const end of ["", "-wal", "-shm"]) rmSync(name + end, { force: true })
  }
}

const saveAll = (source: DatabaseSync, target: DatabaseSync, kind: DatabaseKind) => {
  target.exec("BEGIN")
  const tables = tablesOf(target).map((table) =>
    saveTable(source, target, table, kind.numbered.includes(table.name))
  )
  target.exec(`${kind.mend ?? ""}; COMMIT`)
  return tables
}

const copyWithLog = (path: string, copy: string): void => {
  for (const end of ["", "-wal"])
    if (existsSync(path + end)) copyFileSync(path + end, copy + end, constants.COPYFILE_FICLONE)
}

/** Fails while another process has the file open: its lock excludes this one. */
const refuseIfUsed = (path: string): void => {
  const database = openAsIs(path)
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; ROLLBACK")
  } catch (error) {
    if (faultOf(error) === "busy")
      throw new NotRepaired(`${path} is in use: stop the actors, then repeat the command.`)
    // Too damaged to be locked, so no other process can use it either.
  } finally {
    database.close()
  }
}

/** Opens the copy; when its first page (the list of tables) is damaged, with the first page of a new file. */
const withReadable = <A>(copy: string, fresh: string, work: (source: DatabaseSync) => A): A => {
  if (!listsTables(copy)) takeFirstPage(fresh, copy)
  const source = openAsIs(copy)
  try {
    source.exec("PRAGMA cell_size_check = ON")
    return work(source)
  } finally {
    source.close()
  }
}

const listsTables = (path: string): boolean => {
  let database: DatabaseSync | undefined
  try {
    database = openAsIs(path)
    return tablesOf(database).length > 0
  } catch {
    return false
  } finally {
    database?.close()
  }
}

/**
 * All files of one kind are created by the same statements, so their tables begin at the same pages. In a file of an older
 * version with other pages, the data found there does not have the form of a row and is not saved.
 */
const takeFirstPage = (from: string, to: string): void => {
  const [template, damaged] = [openSync(from, "r"), openSync(to, "r+")]
  try {
    const page = Buffer.alloc(firstPageOf(template))
    readSync(template, page, 0, page.length, 0)
    // The number of pages in the header.
    page.writeUInt32BE(Math.max(1, Math.floor(statSync(to).size / page.length)), 28)
    writeSync(damaged, page, 0, page.length, 0)
  } finally {
    closeSync(template)
    closeSync(damaged)
  }
}

/** The page size in a file's header, bytes; 1 stands for 65,536. */
const firstPageOf = (file: number): number => {
  const header = Buffer.alloc(100)
  readSync(file, header, 0, header.length, 0)
  const size = header.readUInt16BE(16)
  return size === 1 ? 65_536 : size
}
