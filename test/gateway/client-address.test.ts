import { describe, expect, test } from "bun:test"
import {
  clientAddress,
  loopback,
  nobody,
  plainAddress,
  proxiesProblem,
  trustedProxies
} from "../../gateway/client-address.ts"

const proxies = "127.0.0.0/8, ::1, 10.0.0.0/8, fd00::/8"
const from = (headers: Record<string, string>, peer = "127.0.0.1", trusted = proxies): string =>
  clientAddress(new Headers(headers), peer, trustedProxies(trusted))

const all = { "x-push-ip": "1.1.1.1", "x-forwarded-for": "2.2.2.2", "x-real-ip": "3.3.3.3" }

describe("behind a trusted proxy", () => {
  test("the first header that holds an address counts, else the socket", () => {
    expect(from(all)).toBe("1.1.1.1")
    expect(from({ ...all, "x-push-ip": "nobody" })).toBe("2.2.2.2")
    expect(from({ ...all, "x-push-ip": "1.1.1.1, 1.1.1.2" })).toBe("2.2.2.2")
    expect(from({ ...all, "x-push-ip": "", "x-forwarded-for": "unknown" })).toBe("3.3.3.3")
    expect(from({ "x-real-ip": "999.1.1.1" })).toBe("127.0.0.1")
    expect(from({})).toBe("127.0.0.1")
  })

  test("of the hops the rightmost that is not ours counts, whatever stands further left", () => {
    expect(from({ "x-forwarded-for": "6.6.6.6, 8.8.8.8, 10.1.2.3,127.0.0.1" })).toBe("8.8.8.8")
    expect(from({ "x-forwarded-for": "6.6.6.6, ::ffff:10.1.2.3" })).toBe("6.6.6.6")
    expect(from({ "x-forwarded-for": "2001:db8::7, fd00::1" })).toBe("2001:db8::7")
  })

  test("hops further left than one that is no address were vouched for by nobody", () => {
    expect(from({ "x-forwarded-for": "6.6.6.6, unknown, 10.1.2.3" })).toBe("127.0.0.1")
    expect(from({ "x-forwarded-for": "6.6.6.6, , 10.1.2.3" })).toBe("127.0.0.1")
  })

  test("where all hops are ours the header says nothing", () => {
    expect(from({ "x-forwarded-for": "10.1.2.3, 10.1.2.4" })).toBe("127.0.0.1")
    expect(from({ "x-forwarded-for": "10.1.2.3", "x-real-ip": "8.8.8.8" })).toBe("8.8.8.8")
  })

  test("a hop may carry its port", () => {
    expect(from({ "x-forwarded-for": "8.8.8.8:4711" })).toBe("8.8.8.8")
    expect(from({ "x-forwarded-for": "[2001:db8::7]:4711" })).toBe("2001:db8::7")
  })
})

describe("from anyone else", () => {
  test("headers do not count", () => {
    expect(from(all, "9.9.9.9")).toBe("9.9.9.9")
    expect(from(all, "10.0.0.1", loopback)).toBe("10.0.0.1")
    expect(from(all, "127.0.0.1", nobody)).toBe("127.0.0.1")
    expect(from(all, "")).toBe("")
  })
})

test("this machine is trusted when nothing else is set", () => {
  expect(from(all, "127.0.0.1", loopback)).toBe("1.1.1.1")
  expect(from(all, "::1", loopback)).toBe("1.1.1.1")
  expect(from(all, "::ffff:127.0.0.1", loopback)).toBe("1.1.1.1")
})

test("an IPv4-mapped address is the IPv4 address, and a zone is no part of an address", () => {
  expect(plainAddress("::ffff:1.2.3.4")).toBe("1.2.3.4")
  expect(plainAddress("::FFFF:102:304")).toBe("1.2.3.4")
  expect(plainAddress("0:0:0:0:0:ffff:255.255.255.255")).toBe("255.255.255.255")
  expect(plainAddress("fe80::1%eth0")).toBe("fe80::1")
  expect(plainAddress("localhost")).toBe("")
})

test("a list that cannot be read is told in a sentence that names the entry", () => {
  expect(proxiesProblem(proxies)).toBeUndefined()
  expect(proxiesProblem(nobody)).toBeUndefined()
  for (const bad of ["10.0.0.0/33", "proxy.local", "::1/129", "10.0.0.0/8/8", "10.0.0.0/", "1.2.3"]) {
    expect(proxiesProblem(`127.0.0.1,${bad}`)).toContain(`"${bad}"`)
  }
})
