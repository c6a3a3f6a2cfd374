/**
 * DATA_DIR and the files in it: made so that only the user of this process can read them, and made so again when an
 * earlier version left them open. Nothing lives here; it is called before a database file is opened.
 */
import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"

/** The files that Spoor keeps there, with what SQLite, the repair and the check of the disk put beside them. */
export const databaseNames = ["queue", "log", "projections", "links", "visitors"] as const
const ours = new RegExp(`^(${databaseNames.join("|")})\\.sqlite`)

const folderMode = 0o700
const fileMode = 0o600

/**
 * Makes the folder, and the file `name` in it, for this user alone. A folder that is there already is closed to others
 * when it is this user's and holds nothing but our files; another may be shared on purpose, and only our files in it are
 * closed. Throws what the system says when the folder or the file cannot be made.
 */
export const makePrivate = (directory: string, name: string): void => {
  mkdirSync(directory, { recursive: true, mode: folderMode })
  if (readdirSync(directory).every((entry) => ours.test(entry))) restrict(directory, folderMode)
  const file = join(directory, name)
  closeSync(openSync(file, "a", fileMode))
  for (const path of [file, `${file}-wal`, `${file}-shm`]) restrict(path, fileMode)
}

/** Takes away what others may do; does nothing to what is not there or not ours. */
const restrict = (path: string, mode: number): void => {
  try {
    const found = statSync(path)
    const isOwn = process.getuid === undefined || found.uid === process.getuid()
    if (isOwn && (found.mode & 0o077) !== 0) chmodSync(path, mode)
  } catch {
    // Not there, or on a disk that knows no modes: nothing to protect, or no means to.
  }
}
