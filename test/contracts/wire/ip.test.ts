/** Addresses are parsed as strictly as by node:net, and their numbers are correct. */
import { expect, test } from "bun:test"
import { isIP } from "node:net"
import fc from "fast-check"
import { ipDecimal, ipHex, isIp, parseIp, unmapped } from "../../../contracts/wire/ip.ts"

test("accepts what node:net accepts, except for zone ids", () => {
  const piece = fc.constantFrom(
    "::",
    ":",
    ".",
    "0",
    "1",
    "255",
    "256",
    "01",
    "ffff",
    "fffff",
    "g",
    " ",
    "1.2.3.4",
    "%eth0",
    "-"
  )
  const anything = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.ipV4Extended(),
    fc.array(piece, { maxLength: 12 }).map((p) => p.join(""))
  )
  fc.assert(
    fc.property(anything, (text) => {
      expect(isIp(text)).toBe(isIP(text) !== 0 && !text.includes("%"))
    }),
    { numRuns: 20_000 }
  )
})

test("refuses texts similar to an address", () => {
  for (const text of [
    "",
    " 1.2.3.4",
    "1.2.3.4 ",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.04",
    "0x1.2.3.4",
    "1.2.3.4:80",
    "[::1]",
    "::1%lo",
    ":::",
    "1:2:3:4:5:6:7:8::",
    "1::2::3",
    "::1.2.3.4:5",
    "1.2.3.4::"
  ]) {
    expect([text, isIp(text)]).toEqual([text, false])
  }
  expect(isIp("1".repeat(1_000_000))).toBe(false)
})

test("is one number", () => {
  expect(["8.8.8.8", "203.0.113.9", "0.0.0.0", "255.255.255.255"].map(ipHex)).toEqual([
    "8080808",
    "cb007109",
    "0",
    "ffffffff"
  ])
  expect(["::", "::1", "::ffff:172.17.0.1", "2001:4860:4860::8888"].map(ipHex)).toEqual([
    "0",
    "1",
    "ffffac110001",
    "20014860486000000000000000008888"
  ])
  expect(
    ["127.0.0.1", "::ffff:127.0.0.1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "x"].map(ipDecimal)
  ).toEqual(["2130706433", "281472812449793", "340282366920938463463374607431768211455", ""])
})

test("hex and decimal are the same number", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (ip) =>
      expect(BigInt(`0x${ipHex(ip)}`).toString()).toBe(ipDecimal(ip))
    )
  )
})

test("an IPv4-mapped address has an IPv4 one inside", () => {
  fc.assert(
    fc.property(fc.ipV4(), (ip) => {
      expect(unmapped(parseIp(`::ffff:${ip}`) ?? [])).toEqual(parseIp(ip) ?? [])
    })
  )
  expect(unmapped(parseIp("::1.2.3.4") ?? 0)).toEqual([0, 0, 0, 0, 0, 0, 0x102, 0x304])
})
