/** Errors of SQLite and its files as sentences for a person: what is wrong, and what to do. */

/** `damaged`: the content of the file; `full`: no space on the disk; `busy`: another process writes for too long. */
export type SqliteFault = "damaged" | "full" | "busy" | "forbidden" | "disk" | "other"

/** Faults by SQLite's primary result codes. */
const byCode: Readonly<Record<number, SqliteFault>> = {
  3: "forbidden",
  5: "busy",
  6: "busy",
  8: "forbidden",
  10: "disk",
  11: "damaged",
  13: "full",
  14: "forbidden",
  26: "damaged"
}

/** Faults by SQLite's messages, for a runtime without the codes. */
const byWords: ReadonlyArray<readonly [RegExp, SqliteFault]> = [
  [/disk image is malformed|file is not a database/, "damaged"],
  [/database or disk is full/, "full"],
  [/is locked/, "busy"],
  [/readonly database|unable to open database file/, "forbidden"],
  [/disk I\/O error/, "disk"]
]

/** Faults by the system's codes, for creating the folder or the file. */
const bySystem: Readonly<Record<string, SqliteFault>> = {
  EACCES: "forbidden",
  EPERM: "forbidden",
  EROFS: "forbidden",
  ENOTDIR: "forbidden",
  EEXIST: "forbidden",
  EISDIR: "forbidden",
  ENOSPC: "full",
  EDQUOT: "full",
  EIO: "disk"
}

/** The fault: by SQLite's code or message, else by the system's code. */
export const faultOf = (error: unknown): SqliteFault => {
  if (!(error instanceof Error)) return "other"
  if ("errcode" in error && typeof error.errcode === "number") return byCode[error.errcode & 0xff] ?? "other"
  const byMessage = isDatabaseError(error)
    ? byWords.find(([words]) => words.test(error.message))?.[1]
    : undefined
  return byMessage ?? ("code" in error ? bySystem[String(error.code)] : undefined) ?? "other"
}

/** True for an error of SQLite; any other error in a transaction is a defect of the code. */
export const isDatabaseError = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && /SQLITE/.test(String(error.code))

/** The message of SQLite or the system. */
export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The file cannot be opened or used; `message` is the message of SQLite or the system. */
export const openingSentence = (path: string, fault: SqliteFault, message: string): string =>
  fault === "busy" || fault === "other"
    ? `Cannot use the database ${path}: ${message}.${advice[fault]}`
    : fault === "damaged"
      ? `The database ${path} is damaged: ${message}.${advice.damaged}`
      : `Cannot write the database ${path}: ${message}.${advice[fault]}`

/** An operation failed while the file was in use. */
export const failureSentence = (path: string, fault: SqliteFault, message: string): string =>
  fault === "forbidden" || fault === "other" || fault === "busy"
    ? `Database ${path}: ${message}`
    : `Database ${path}: ${message}.${advice[fault]}`

const advice: Readonly<Record<SqliteFault, string>> = {
  damaged:
    ' Stop the actors and run "bun run queue repair" (on Deno "deno task queue repair"): it saves the rows that can be read into a new file and keeps this one.',
  full: " The disk is full: free some space on it.",
  busy: " Another process has locked it: stop that process, or try again.",
  forbidden: " Set DATA_DIR to a folder that can be written.",
  disk: " The disk cannot be read or written: check the system's log.",
  other: ""
}
