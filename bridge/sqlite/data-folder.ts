/**
 * DATA_DIR and its files: created so that only the user of this process can read them; corrects the permissions of files
 * of older versions. Called before a database file is opened; it keeps no state.
 */
import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"

/** The files of Spoor, with those that SQLite, the repair and the check of the disk add. */
export const databaseNames = [
  "queue",
  "log",
  "projections",
  "links",
  "visitors",
  "keyed",
  "reactions",
  "devices"
] as const
const ours = new RegExp(`^(${databaseNames.join("|")})\\.sqlite`)

const folderMode = 0o700
const fileMode = 0o600

/**
 * Creates the folder, and the file `name` in it, for this user only. An existing folder is closed to others when it belongs
 * to this user and contains only files of Spoor; another may be shared on purpose, so only the files in it are closed.
 * Throws the system's error when the folder or the file cannot be created.
 */
export const makePrivate = (directory: string, name: string): void => {
  mkdirSync(directory, { recursive: true, mode: folderMode })
  if (readdirSync(directory).every((entry) => ours.test(entry))) restrict(directory, folderMode)
  const file = join(directory, name)
  closeSync(openSync(file, "a", fileMode))
  for (const path of [file, `${file}-wal`, `${file}-shm`]) restrict(path, fileMode)
}

/** Removes the permissions of others; ignores a missing path and one of another user. */
const restrict = (path: string, mode: number): void => {
  try {
    const found = statSync(path)
    const isOwn = process.getuid === undefined || found.uid === process.getuid()
    if (isOwn && (found.mode & 0o077) !== 0) chmodSync(path, mode)
  } catch {
    // The path is missing, or its file system has no modes.
  }
}
