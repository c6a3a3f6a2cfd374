/** What an error of SQLite or of its file means, as a sentence for a person: what is wrong, and what to do. */

/** `damaged`: what is in the file; `full`: no room on the disk; `busy`: another process writes for too long. */
export type SqliteFault = "damaged" | "full" | "busy" | "forbidden" | "disk" | "other"

/** By SQLite's primary result codes. */
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

/** By SQLite's own words for the same, where a runtime does not hand out the codes. */
const byWords: ReadonlyArray<readonly [RegExp, SqliteFault]> = [
  [/disk image is malformed|file is not a database/, "damaged"],
  [/database or disk is full/, "full"],
  [/is locked/, "busy"],
  [/readonly database|unable to open database file/, "forbidden"],
  [/disk I\/O error/, "disk"]
]

/** By the system's, when the folder or the file is made. */
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

/** What went wrong: by SQLite's code or words, else by the system's code. */
export const faultOf = (error: unknown): SqliteFault => {
  if (!(error instanceof Error)) return "other"
  if ("errcode" in error && typeof error.errcode === "number") return byCode[error.errcode & 0xff] ?? "other"
  const bySaid = isDatabaseError(error)
    ? byWords.find(([words]) => words.test(error.message))?.[1]
    : undefined
  return bySaid ?? ("code" in error ? bySystem[String(error.code)] : undefined) ?? "other"
}

/** An error of SQLite itself; anything else that is thrown in a transaction is a mistake in the code. */
export const isDatabaseError = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && /SQLITE/.test(String(error.code))

/** What SQLite or the system says. */
export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The file cannot be opened, or not used; `said` is what SQLite or the system says. */
export const openingSentence = (path: string, fault: SqliteFault, said: string): string =>
  fault === "busy" || fault === "other"
    ? `Cannot use the database ${path}: ${said}.${advice[fault]}`
    : fault === "damaged"
      ? `The database ${path} is damaged: ${said}.${advice.damaged}`
      : `Cannot write the database ${path}: ${said}.${advice[fault]}`

/** A step failed while the file was in use. */
export const failureSentence = (path: string, fault: SqliteFault, said: string): string =>
  fault === "forbidden" || fault === "other" || fault === "busy"
    ? `Database ${path}: ${said}`
    : `Database ${path}: ${said}.${advice[fault]}`

const advice: Readonly<Record<SqliteFault, string>> = {
  damaged:
    ' Stop the actors and run "bun run queue repair" (on Deno "deno task queue repair"): it saves the rows that can be read into a new file and keeps this one.',
  full: " The disk is full: free some space on it.",
  busy: " Another process holds it.",
  forbidden: " Set DATA_DIR to a folder that can be written.",
  disk: " The disk cannot be read or written: look at the system's log.",
  other: ""
}
