/** An address goes into a record as a number and comes back as text. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { ipDecimal, ipHex } from "../../../contracts/wire/ip.ts"
import { ipText } from "../../../contracts/wire/ip-text.ts"

describe("ipText", () => {
  test("formats every kind of address", () => {
    for (const ip of [
      "203.0.113.9",
      "0.0.0.1",
      "255.255.255.255",
      "2001:4860:4860::8888",
      "fe80::1:0:0:1",
      "1:2:3:4:5:6:7:8"
    ]) {
      expect(ipText(ipHex(ip), "pushtech")).toBe(ip)
      expect(ipText(ipDecimal(ip), "adtekio")).toBe(ip)
    }
    expect(ipText(ipHex("::ffff:127.0.0.1"), "pushtech")).toBe("127.0.0.1")
    expect(ipText(ipHex("2001:db8::"), "pushtech")).toBe("2001:db8::")
  })

  test("IPv4: any address", () => {
    fc.assert(fc.property(fc.ipV4(), (ip) => expect(ipText(ipDecimal(ip), "adtekio")).toBe(ip)))
  })

  test("IPv6: the same number again", () => {
    fc.assert(
      fc.property(fc.ipV6(), (ip) => {
        const number = ipHex(ip)
        const text = ipText(number, "pushtech")
        expect(text.includes(":") ? ipHex(text) : ipHex(text).padStart(8, "0")).toBe(
          text.includes(":") ? number : number.slice(-8).padStart(8, "0")
        )
      })
    )
  })

  test("an invalid number stays unchanged", () => {
    for (const text of ["", "xyz", "-1", "g", "1".repeat(40)]) expect(ipText(text, "pushtech")).toBe(text)
  })
})
