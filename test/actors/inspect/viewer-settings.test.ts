import { expect, test } from "bun:test"
import { isLoopback, listenAddress } from "../../../actors/inspect/viewer-settings.ts"

test("without a password or token only this machine is served", () => {
  expect(listenAddress(undefined, false)).toBe("127.0.0.1")
  expect(listenAddress("localhost", false)).toBe("localhost")
  expect(() => listenAddress("0.0.0.0", false)).toThrow("VIEWER_PASSWORD")
  expect(() => listenAddress("::", false)).toThrow("VIEWER_PASSWORD or VIEWER_TOKEN")
})

test("with a secret all machines are served, unless an address is set", () => {
  expect(listenAddress(undefined, true)).toBe("0.0.0.0")
  expect(listenAddress("10.0.0.1", true)).toBe("10.0.0.1")
})

test("names that only look like this machine are not loopback", () => {
  for (const name of ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "::1"])
    expect(isLoopback(name)).toBe(true)
  for (const name of ["localhost.evil.example", "127.0.0.1.evil.example", "evil.example", "0.0.0.0", ""]) {
    expect(isLoopback(name)).toBe(false)
  }
})
