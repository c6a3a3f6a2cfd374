/** The fault of an SQLite error, on runtimes with its code and on those with its message only. */
import { expect, test } from "bun:test"
import { failureSentence, faultOf, openingSentence } from "../../../bridge/sqlite/errors.ts"

const sqlite = (message: string, errcode?: number) =>
  Object.assign(new Error(message), {
    code: "ERR_SQLITE_ERROR",
    ...(errcode === undefined ? {} : { errcode })
  })
const system = (code: string) => Object.assign(new Error(`${code}: no`), { code })

test.each([
  ["damaged", 11, "database disk image is malformed"],
  ["damaged", 26, "file is not a database"],
  ["full", 13, "database or disk is full"],
  ["busy", 5, "database is locked"],
  ["busy", 6, "database table is locked: lines"],
  ["forbidden", 8, "attempt to write a readonly database"],
  ["forbidden", 14, "unable to open database file"],
  ["disk", 10, "disk I/O error"],
  ["other", 1, "no such table: nope"]
] as const)("%s: %d, %s", (fault, code, words) => {
  expect(faultOf(sqlite("something else", code))).toBe(fault)
  expect(faultOf(sqlite("something else", code + 256))).toBe(fault)
  expect(faultOf(sqlite(words))).toBe(fault)
})

test("errors of the system for the folder", () => {
  const said = ["ENOSPC", "EDQUOT", "EACCES", "EROFS", "ENOTDIR", "EIO", "EWHAT"].map((code) =>
    faultOf(system(code))
  )
  expect(said).toEqual(["full", "full", "forbidden", "forbidden", "forbidden", "disk", "other"])
  expect(faultOf("no")).toBe("other")
})

test("each error states the problem and the remedy", () => {
  const opening = (fault: Parameters<typeof openingSentence>[1]) =>
    openingSentence("/d/q.sqlite", fault, "said")
  expect(opening("damaged")).toStartWith(
    "The database /d/q.sqlite is damaged: said. Stop the actors and run "
  )
  expect(opening("full")).toBe(
    "Cannot write the database /d/q.sqlite: said. The disk is full: free some space on it."
  )
  expect(opening("forbidden")).toContain("Set DATA_DIR to a folder that can be written.")
  for (const fault of ["damaged", "full", "busy", "disk", "other"] as const)
    expect(opening(fault)).not.toContain("DATA_DIR")
  expect(failureSentence("/d/q.sqlite", "busy", "said")).toBe("Database /d/q.sqlite: said")
  expect(failureSentence("/d/q.sqlite", "damaged", "said")).toContain("queue repair")
})
