import { describe, expect, test } from "bun:test"
import { credentials } from "../../../../actors/viewer/auth/credentials.ts"

const login = { user: "viewer", password: "pä:ss" }
const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`
const check = (secrets: Parameters<typeof credentials>[0], authorization?: string) =>
  credentials(secrets)?.check(
    new Request("http://localhost/", authorization === undefined ? {} : { headers: { authorization } })
  )

describe("a password", () => {
  test("is accepted with its user name, also with a colon and non-ASCII letters", () => {
    expect(check({ login }, basic("viewer:pä:ss"))).toBe("right")
    expect(check({ login }, basic("viewer:pä:ss").replace("Basic", "basic"))).toBe("right")
  })

  test("is required exactly", () => {
    expect(check({ login })).toBe("none")
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
      expect(check({ login }, encodeHeader(wrong))).toBe("wrong")
    }
  })
})

describe("a token", () => {
  test("is accepted, with and without a password set", () => {
    for (const secrets of [{ token: "t-1" }, { login, token: "t-1" }]) {
      expect(check(secrets, "Bearer t-1")).toBe("right")
      expect(check(secrets, "bearer t-1")).toBe("right")
      for (const wrong of ["Bearer t-2", "Bearer", "t-1", basic("viewer:t-1"), basic("t-1")]) {
        expect(check(secrets, wrong)).toBe("wrong")
      }
    }
    expect(check({ token: "t-1" }, basic("viewer:pä:ss"))).toBe("wrong")
  })
})

test("the challenge names the configured schemes; without secrets there are no credentials", () => {
  expect(credentials({})).toBeUndefined()
  expect(credentials({ login })?.challenge).toMatch(/^Basic /)
  expect(credentials({ token: "t" })?.challenge).toMatch(/^Bearer /)
  expect(credentials({ login, token: "t" })?.challenge).toMatch(/^Basic .*, Bearer /)
})

/** A header value is a string of bytes. */
const encodeHeader = (text: string): string => Buffer.from(text).toString("latin1")
