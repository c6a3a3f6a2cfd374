/** Settings are read from the environment, or from the files that it names. */
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

  test("the variable takes precedence over its file; an empty variable counts as not set", () => {
    expect(withFiles({ REDIS_URL: "redis://a", REDIS_URL_FILE: "/nowhere" }, ["REDIS_URL"]).REDIS_URL).toBe(
      "redis://a"
    )
    expect(withFiles({ REDIS_URL: "", REDIS_URL_FILE: file }, ["REDIS_URL"]).REDIS_URL).toBe(
      "redis://:secret@host"
    )
    expect(withFiles({ QUEUE_KEY: "" }, ["QUEUE_KEY"])).toEqual({})
  })

  test("variables of other programs that end in _FILE are ignored", () => {
    expect(withFiles({ OTHER_FILE: "/nowhere" }, ["REDIS_URL"])).toEqual({ OTHER_FILE: "/nowhere" })
  })

  test("an unreadable file is named in the error", () => {
    expect(() => withFiles({ REDIS_URL_FILE: "/nowhere" }, ["REDIS_URL"])).toThrow(Failure)
    expect(() => withFiles({ REDIS_URL_FILE: "/nowhere" }, ["REDIS_URL"])).toThrow("REDIS_URL_FILE")
  })
})
