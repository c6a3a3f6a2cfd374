import { expect, test } from "bun:test"
import { hostOf } from "../../../gateway/http/host.ts"

test("the port is removed from the host, everything else is kept as written", () => {
  expect(String(hostOf("trk.example.com"))).toBe("trk.example.com")
  expect(String(hostOf("Trk_1.Example.COM:5222"))).toBe("Trk_1.Example.COM")
  expect(String(hostOf("192.168.64.2:80"))).toBe("192.168.64.2")
  expect(String(hostOf("[2001:db8::1]:80"))).toBe("[2001:db8::1]")
})

test("a missing header is an empty host", () => {
  expect(String(hostOf(null))).toBe("")
  expect(String(hostOf(""))).toBe("")
})

test("an invalid host is refused", () => {
  for (const bad of ["a/b", "a b", "a,b", "user@host", "h:port", "h?x", "h#x", "\xe9", ":80", "[::1"]) {
    expect(hostOf(bad)).toBeUndefined()
  }
})
