import { expect, test } from "bun:test"
import { basicAuth } from "../../../actors/viewer/basic-auth.ts"

const allowed = basicAuth("viewer", "pä:ss")
const asked = (authorization?: string): boolean =>
  allowed(new Request("http://localhost/", authorization === undefined ? {} : { headers: { authorization } }))
const login = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`

test("who knows name and password is let in, also with a colon and letters beyond ASCII", () => {
  expect(asked(login("viewer:pä:ss"))).toBe(true)
  expect(asked(login("viewer:pä:ss").replace("Basic", "basic"))).toBe(true)
})

test("anyone else is not", () => {
  for (const wrong of [
    undefined,
    "",
    "Basic",
    "Basic ",
    "Basic ?",
    login(""),
    login("viewer:"),
    login("viewer:pä:s"),
    login("viewer:pä:sss"),
    login("other:pä:ss"),
    login("viewer:pä:ss").replace("Basic", "Bearer")
  ]) {
    expect(asked(wrong)).toBe(false)
  }
})
