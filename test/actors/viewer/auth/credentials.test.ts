import { describe, expect, test } from "bun:test"
import { credentials } from "../../../../actors/viewer/auth/credentials.ts"

const login = { user: "viewer", password: "pä:ss" }
const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`
const verdict = (secrets: Parameters<typeof credentials>[0], authorization?: string) =>
  credentials(secrets)?.verdictOn(
    new Request("http://localhost/", authorization === undefined ? {} : { headers: { authorization } })
  )

describe("a password", () => {
  test("lets in who knows it and the name, also with a colon and letters beyond ASCII", () => {
    expect(verdict({ login }, basic("viewer:pä:ss"))).toBe("right")
    expect(verdict({ login }, basic("viewer:pä:ss").replace("Basic", "basic"))).toBe("right")
  })

  test("keeps out everybody else", () => {
    expect(verdict({ login })).toBe("none")
    for (const wrong of [
      "",
      "Basic",
      "Basic ?",
      basic(""),
      basic("viewer:"),
      basic("viewer:pä:s"),
      basic("viewer:pä:sss"),
      basic("other:pä:ss"),
      basic("viewer:pä:ss").replace("Basic", "Bearer"),
      basic("viewer:pä:ss").replace("Basic", "Digest"),
      "Bearer pä:ss"
    ]) {
      expect(verdict({ login }, encodeHeader(wrong))).toBe("wrong")
    }
  })
})

describe("a token", () => {
  test("lets in tools, beside the password or without one", () => {
    for (const secrets of [{ token: "t-1" }, { login, token: "t-1" }]) {
      expect(verdict(secrets, "Bearer t-1")).toBe("right")
      expect(verdict(secrets, "bearer t-1")).toBe("right")
      for (const wrong of ["Bearer t-2", "Bearer", "t-1", basic("viewer:t-1"), basic("t-1")]) {
        expect(verdict(secrets, wrong)).toBe("wrong")
      }
    }
    expect(verdict({ token: "t-1" }, basic("viewer:pä:ss"))).toBe("wrong")
  })
})

test("what can be sent is said, and nothing is asked where there is nothing to know", () => {
  expect(credentials({})).toBeUndefined()
  expect(credentials({ login })?.challenge).toMatch(/^Basic /)
  expect(credentials({ token: "t" })?.challenge).toMatch(/^Bearer /)
  expect(credentials({ login, token: "t" })?.challenge).toMatch(/^Basic .*, Bearer /)
})

/** A header holds bytes. */
const encodeHeader = (text: string): string => Buffer.from(text).toString("latin1")
