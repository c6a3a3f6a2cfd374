/** Settings come from the environment, or from the files it names. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { withFiles } from "../../../actors/runtime/environment.ts"
import { Failure } from "../../../contracts/failure.ts"

const file = join(mkdtempSync(join(tmpdir(), "spoor-secret-")), "redis-url")
writeFileSync(file, "redis://:secret@host\n")

describe("withFiles", () => {
  test("reads the file of a setting, without its last line end", () => {
    const variables = { REDIS_URL_FILE: file }
    expect(withFiles(variables, ["REDIS_URL"])).toEqual({ ...variables, REDIS_URL: "redis://:secret@host" })
  })

  test("the setting itself goes before its file; set to nothing counts as not set", () => {
    expect(withFiles({ REDIS_URL: "redis://a", REDIS_URL_FILE: "/nowhere" }, ["REDIS_URL"]).REDIS_URL).toBe(
      "redis://a"
    )
    expect(withFiles({ REDIS_URL: "", REDIS_URL_FILE: file }, ["REDIS_URL"]).REDIS_URL).toBe(
      "redis://:secret@host"
    )
    expect(withFiles({ QUEUE_KEY: "" }, ["QUEUE_KEY"])).toEqual({})
  })

  test("other people's variables that end in _FILE are left alone", () => {
    expect(withFiles({ OTHER_FILE: "/nowhere" }, ["REDIS_URL"])).toEqual({ OTHER_FILE: "/nowhere" })
  })

  test("a file that cannot be read is named", () => {
    expect(() => withFiles({ REDIS_URL_FILE: "/nowhere" }, ["REDIS_URL"])).toThrow(Failure)
    expect(() => withFiles({ REDIS_URL_FILE: "/nowhere" }, ["REDIS_URL"])).toThrow("REDIS_URL_FILE")
  })
})
