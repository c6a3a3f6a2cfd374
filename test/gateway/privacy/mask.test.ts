import { expect, test } from "bun:test"
import fc from "fast-check"
import { isIp } from "../../../contracts/wire/ip.ts"
import { masked, maskOf } from "../../../gateway/privacy/mask.ts"

test("a mask is parsed as bits of IPv4 and IPv6", () => {
  expect(maskOf("24/48")).toEqual({ ipv4: 24, ipv6: 48 })
  expect(maskOf(" 0 / 0 ")).toEqual({ ipv4: 0, ipv6: 0 })
  expect(maskOf("32/128")).toEqual({ ipv4: 32, ipv6: 128 })
  for (const bad of ["", "24", "33/48", "24/129", "a/b", "24/48/1", "-1/48"])
    expect(maskOf(bad)).toBeUndefined()
})

test("the last bits of an address are set to zero", () => {
  const mask = { ipv4: 24, ipv6: 48 }
  expect(masked("203.0.113.77", mask)).toBe("203.0.113.0")
  expect(masked("255.255.255.255", mask)).toBe("255.255.255.0")
  expect(masked("2001:db8:aaaa:bbbb:cccc::1", mask)).toBe("2001:db8:aaaa:0:0:0:0:0")
  expect(masked("::ffff:203.0.113.77", mask)).toBe("203.0.113.0")
  expect(masked("203.0.113.77", { ipv4: 20, ipv6: 0 })).toBe("203.0.112.0")
  expect(masked("203.0.113.77", { ipv4: 0, ipv6: 0 })).toBe("0.0.0.0")
  expect(masked("2001:db8::1", { ipv4: 0, ipv6: 20 })).toBe("2001:0:0:0:0:0:0:0")
  expect(masked("2001:db8::1", { ipv4: 0, ipv6: 28 })).toBe("2001:db0:0:0:0:0:0:0")
  expect(masked("", mask)).toBe("0.0.0.0")
  expect(masked("x", mask)).toBe("0.0.0.0")
})

test("a masked address is valid, and masking it again changes nothing", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.ipV4(), fc.ipV6()),
      fc.integer({ min: 0, max: 32 }),
      fc.integer({ min: 0, max: 128 }),
      (address, ipv4, ipv6) => {
        const once = masked(address, { ipv4, ipv6 })
        expect(isIp(once)).toBe(true)
        expect(masked(once, { ipv4, ipv6 })).toBe(once)
      }
    )
  )
})
