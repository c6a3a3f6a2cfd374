import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { clientInHeader } from "../../../gateway/http/address-header.ts"
import { plainAddress } from "../../../gateway/http/address-text.ts"
import {
  clientAddress,
  isPrivate,
  loopback,
  namesUntrustedAddress,
  parseHeaderNames,
  proxiesProblem,
  trustedProxies,
  trustNobody
} from "../../../gateway/http/client-address.ts"

const proxies = "127.0.0.0/8, ::1, 10.0.0.0/8, fd00::/8"
const threeHeaders = "X-Push-Ip, X-Forwarded-For, X-Real-Ip"
const from = (
  headers: Record<string, string>,
  peer = "127.0.0.1",
  trusted = proxies,
  believed = threeHeaders
): string => clientAddress(new Headers(headers), peer, trustedProxies(trusted), parseHeaderNames(believed))

const all = { "x-push-ip": "1.1.1.1", "x-forwarded-for": "2.2.2.2", "x-real-ip": "3.3.3.3" }

describe("behind a trusted proxy", () => {
  test("the first header with an address counts, otherwise the socket", () => {
    expect(from(all)).toBe("1.1.1.1")
    expect(from({ ...all, "x-push-ip": "nobody" })).toBe("2.2.2.2")
    expect(from({ ...all, "x-push-ip": "", "x-forwarded-for": "unknown" })).toBe("3.3.3.3")
    expect(from({ "x-real-ip": "999.1.1.1" })).toBe("127.0.0.1")
    expect(from({})).toBe("127.0.0.1")
  })

  test("the rightmost untrusted hop counts, whatever is to its left", () => {
    expect(from({ "x-forwarded-for": "6.6.6.6, 8.8.8.8, 10.1.2.3,127.0.0.1" })).toBe("8.8.8.8")
    expect(from({ "x-forwarded-for": "6.6.6.6, ::ffff:10.1.2.3" })).toBe("6.6.6.6")
    expect(from({ "x-forwarded-for": "2001:db8::7, fd00::1" })).toBe("2001:db8::7")
  })

  test("hops to the left of an invalid one are ignored", () => {
    expect(from({ "x-forwarded-for": "6.6.6.6, unknown, 10.1.2.3" })).toBe("127.0.0.1")
    expect(from({ "x-forwarded-for": "6.6.6.6, unix:, 10.1.2.3" })).toBe("127.0.0.1")
  })

  test("when all hops are trusted the leftmost counts, unless another header has an untrusted address", () => {
    expect(from({ "x-forwarded-for": "10.1.2.3, 10.1.2.4" })).toBe("10.1.2.3")
    expect(from({ "x-real-ip": "10.1.2.3" })).toBe("10.1.2.3")
    expect(from({ "x-forwarded-for": "10.1.2.3", "x-real-ip": "8.8.8.8" })).toBe("8.8.8.8")
    expect(from({ "x-forwarded-for": "10.1.2.3", "x-real-ip": "10.1.2.4" })).toBe("10.1.2.3")
  })
})

describe("forged headers (case 45)", () => {
  test("never override what the proxy wrote, in any form", () => {
    for (const forged of [
      "127.0.0.1",
      "10.1.2.3",
      "::1",
      "6.6.6.6, 127.0.0.1",
      "10.0.0.1, 10.0.0.2, 6.6.6.6",
      "'; DROP TABLE",
      "6.6.6.6\t",
      ",,,",
      "[::1]:80",
      "unknown, _hidden",
      "6.6.6.6 7.7.7.7",
      "x".repeat(30_000)
    ])
      expect(from({ "x-forwarded-for": `${forged}, 8.8.8.8` })).toBe("8.8.8.8")
  })

  test("never override what the proxy wrote, in any header and with any content", () => {
    const isProxy = trustedProxies(proxies)
    const piece = fc.oneof(
      fc.constantFrom(
        '"',
        "\\",
        ",",
        ";",
        "for=",
        "=",
        " ",
        "6.6.6.6",
        "10.1.2.3",
        "[",
        "]:",
        "unknown",
        "%"
      ),
      fc.string()
    )
    const forged = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""))
    const ours = fc.constantFrom("", ", 10.1.2.3", ", 127.0.0.1:80, 10.1.2.3")
    fc.assert(
      fc.property(forged, ours, (text, behind) => {
        expect(clientInHeader("x-any", `${text}, 8.8.8.8${behind}`, isProxy)).toBe("8.8.8.8")
        const element = 'for="[2001:db8::7]:99";host="a,b";by=10.1.2.3'
        const proxied = behind.replaceAll(/, ([\d.:]+)/g, ', for="$1"')
        expect(clientInHeader("forwarded", `${text}, ${element}${proxied}`, isProxy)).toBe("2001:db8::7")
      }),
      { numRuns: 3_000 }
    )
  })

  test("in two header lines are one list, and the last line is the proxy's", () => {
    const headers = new Headers()
    headers.append("x-forwarded-for", "6.6.6.6")
    headers.append("x-forwarded-for", "8.8.8.8, 10.0.0.7")
    expect(clientAddress(headers, "127.0.0.1", trustedProxies(proxies))).toBe("8.8.8.8")
  })

  test("with a trusted address do not make an untrusted client trusted", () => {
    expect(from({ "x-forwarded-for": "127.0.0.1" }, "9.9.9.9")).toBe("9.9.9.9")
    expect(
      from({ "x-push-ip": "127.0.0.1", host: "127.0.0.1", "x-forwarded-proto": "https" }, "9.9.9.9")
    ).toBe("9.9.9.9")
  })

  test("that the proxy passes on must not be in ADDRESS_HEADERS, whose default is X-Forwarded-For", () => {
    const believed = parseHeaderNames("X-Forwarded-For")
    const headers = new Headers({
      "x-push-ip": "6.6.6.6",
      "x-real-ip": "6.6.6.7",
      "x-forwarded-for": "8.8.8.8"
    })
    for (const list of [believed, undefined]) {
      expect(clientAddress(headers, "127.0.0.1", trustedProxies(proxies), list)).toBe("8.8.8.8")
    }
    headers.delete("x-forwarded-for")
    expect(clientAddress(headers, "127.0.0.1", trustedProxies(proxies), believed)).toBe("127.0.0.1")
  })

  test("by default X-Real-Ip counts for requests without X-Forwarded-For, and X-Push-Ip never", () => {
    const from = (headers: Record<string, string>) =>
      clientAddress(new Headers(headers), "127.0.0.1", trustedProxies(proxies))
    expect(from({ "x-push-ip": "6.6.6.6", "x-real-ip": "8.8.8.8:99" })).toBe("8.8.8.8")
    expect(from({ "x-push-ip": "6.6.6.6" })).toBe("127.0.0.1")
    for (const chain of ["127.0.0.1", "unknown", ""])
      expect(from({ "x-real-ip": "6.6.6.7", "x-forwarded-for": chain })).toBe("127.0.0.1")
  })

  test("reveal another client, even in headers that are not configured", () => {
    const names = (headers: Record<string, string>) =>
      namesUntrustedAddress(new Headers(headers), trustedProxies(proxies))
    expect(names({ "x-real-ip": "8.8.8.8" })).toBe(true)
    expect(names({ forwarded: "for=8.8.8.8" })).toBe(true)
    expect(names({ "x-forwarded-for": "8.8.8.8, 10.1.2.3" })).toBe(true)
    expect(names({ "x-forwarded-for": "10.1.2.3", "x-real-ip": "127.0.0.1", forwarded: "for=unknown" })).toBe(
      false
    )
    expect(names({})).toBe(false)
  })
})

/** A header as a proxy may write it for 8.8.8.8 and 2001:db8::7. */
const headers = [
  "X-Forwarded-For",
  "X-Real-IP",
  "CF-Connecting-IP",
  "True-Client-IP",
  "Fly-Client-IP",
  "X-Push-Ip",
  "My-Own_Header"
]

describe("every header is parsed alike", () => {
  const writings: ReadonlyArray<readonly [written: string, address: string]> = [
    ["8.8.8.8", "8.8.8.8"],
    ["8.8.8.8:99", "8.8.8.8"],
    ["8.8.8.8,", "8.8.8.8"],
    ["8.8.8.8, ", "8.8.8.8"],
    [", 8.8.8.8 ,,", "8.8.8.8"],
    ["8.8.8.8, , 10.1.2.3", "8.8.8.8"],
    ["6.6.6.6, 8.8.8.8", "8.8.8.8"],
    ["[2001:db8::7]", "2001:db8::7"],
    ["[2001:db8::7]:99", "2001:db8::7"],
    ["2001:db8::7", "2001:db8::7"],
    ["2001:db8::7%eth0", "2001:db8::7"],
    ["[2001:db8::7%25eth0]:99", "2001:db8::7"],
    ['"8.8.8.8:99"', "8.8.8.8"],
    ['"[2001:db8::7]:99"', "2001:db8::7"],
    ["::ffff:8.8.8.8", "8.8.8.8"],
    ["::ffff:8.8.8.8:99", "8.8.8.8"],
    ["[::ffff:8.8.8.8]:99", "8.8.8.8"],
    ["8.8.8.8:_http", "8.8.8.8"],
    ['", 8.8.8.8', "8.8.8.8"],
    ["8.8.8.8:", "127.0.0.1"],
    ["8.8.8.8:999999", "127.0.0.1"],
    ["8.8.8.8:http", "127.0.0.1"],
    ["[8.8.8.8", "127.0.0.1"],
    ["8.8.8", "127.0.0.1"],
    ["8.8.8.8 9.9.9.9", "127.0.0.1"],
    ["unix:", "127.0.0.1"],
    ["x".repeat(30_000), "127.0.0.1"]
  ]
  for (const [written, address] of writings) {
    test(written.slice(0, 40), () => {
      for (const name of headers)
        expect([name, from({ [name]: written }, "127.0.0.1", proxies, name)]).toEqual([name, address])
    })
  }

  test("in the order of ADDRESS_HEADERS", () => {
    expect(from(all, "127.0.0.1", proxies, "X-Real-Ip,X-Push-Ip")).toBe("3.3.3.3")
    expect([...(parseHeaderNames(" X-B ,, x-a,") ?? [])]).toEqual(["x-b", "x-a"])
    for (const bad of ["", " , ", "X Forwarded", "a:b", "ä"]) expect(parseHeaderNames(bad)).toBeUndefined()
  })
})

describe("Forwarded (RFC 7239)", () => {
  const reads: ReadonlyArray<readonly [written: string, address: string]> = [
    ["for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"],
    ["For=192.0.2.60", "192.0.2.60"],
    ['proto=https ; FOR = "192.0.2.60:47011" ', "192.0.2.60"],
    ['for="[2001:db8::17]:4711";proto=https, for=127.0.0.1', "2001:db8::17"],
    ["for=6.6.6.6, for=192.0.2.60, for=10.1.2.3;by=127.0.0.1", "192.0.2.60"],
    ["for=10.1.2.3, for=10.1.2.4", "10.1.2.3"],
    ['for="192.0.2.60:_port";secret="a,b;for=6.6.6.6"', "192.0.2.60"],
    ['for="192.0.2.\\60"', "192.0.2.60"],
    ['host="a\\",for=6.6.6.6";for=192.0.2.60', "192.0.2.60"],
    ["for=192.0.2.60,", "192.0.2.60"],
    // Hidden and malformed hops are unknown, and so are the hops to their left.
    ["for=unknown", "127.0.0.1"],
    ["for=_gazonk", "127.0.0.1"],
    ['for="_SEVKISEK"', "127.0.0.1"],
    ["for=6.6.6.6, for=_hidden, for=10.1.2.3", "127.0.0.1"],
    ["for=6.6.6.6, proto=https", "127.0.0.1"],
    ["for=6.6.6.6;for=192.0.2.60", "127.0.0.1"],
    ["192.0.2.60", "127.0.0.1"],
    ["for", "127.0.0.1"],
    ['for="192.0.2.60', "127.0.0.1"],
    // An unclosed quotation mark of the client does not hide what the proxy wrote.
    ['for=", for=192.0.2.60', "192.0.2.60"],
    ['for="6.6.6.6, for=192.0.2.60', "192.0.2.60"],
    ['for="\\, for="[2001:db8::17]"', "2001:db8::17"],
    [`${'"'.repeat(10_001)}, for=192.0.2.60`, "192.0.2.60"]
  ]
  for (const [written, address] of reads) {
    test(written.slice(0, 60), () =>
      expect(from({ forwarded: written }, "127.0.0.1", proxies, "Forwarded")).toBe(address)
    )
  }
})

describe("ranges", () => {
  test("of both families have exact bounds", () => {
    const trusts = (list: string, address: string) => trustedProxies(list)(address)
    expect([trusts("10.0.0.0/9", "10.127.255.255"), trusts("10.0.0.0/9", "10.128.0.0")]).toEqual([
      true,
      false
    ])
    expect([
      trusts("2001:db8::/33", "2001:db8:7fff::1"),
      trusts("2001:db8::/33", "2001:db8:8000::1")
    ]).toEqual([true, false])
    expect([trusts("10.1.2.3", "10.1.2.3"), trusts("10.1.2.3", "10.1.2.4")]).toEqual([true, false])
    expect([trusts("0.0.0.0/0", "8.8.8.8"), trusts("0.0.0.0/0", "2001:db8::1")]).toEqual([true, false])
    expect([trusts("::/0", "2001:db8::1"), trusts("::/0", "")]).toEqual([true, false])
  })

  test("may be IPv4-mapped, and have a zone", () => {
    expect(from(all, "10.1.2.3", "::ffff:10.0.0.0/104")).toBe("1.1.1.1")
    expect(from(all, "11.1.2.3", "::ffff:10.0.0.0/104")).toBe("11.1.2.3")
    expect(proxiesProblem("::ffff:10.0.0.0/95")).toContain("::ffff:10.0.0.0/95")
    expect(from(all, "fe80::7%eth0", "fe80::%eth0/64")).toBe("1.1.1.1")
    expect(from({ "x-forwarded-for": "fe80::9%eth0" }, "fe80::7%eth0", "fe80::7")).toBe("fe80::9")
  })
})

describe("from an untrusted peer", () => {
  test("headers do not count", () => {
    expect(from(all, "9.9.9.9")).toBe("9.9.9.9")
    expect(from(all, "10.0.0.1", loopback)).toBe("10.0.0.1")
    expect(from(all, "127.0.0.1", trustNobody)).toBe("127.0.0.1")
    expect(from(all, "")).toBe("")
  })
})

test("this machine is trusted by default", () => {
  expect(from(all, "127.0.0.1", loopback)).toBe("1.1.1.1")
  expect(from(all, "::1", loopback)).toBe("1.1.1.1")
  expect(from(all, "::ffff:127.0.0.1", loopback)).toBe("1.1.1.1")
})

test("an IPv4-mapped address equals the IPv4 address, and a zone is not part of an address", () => {
  expect(plainAddress("::ffff:1.2.3.4")).toBe("1.2.3.4")
  expect(plainAddress("::FFFF:102:304")).toBe("1.2.3.4")
  expect(plainAddress("0:0:0:0:0:ffff:255.255.255.255")).toBe("255.255.255.255")
  expect(plainAddress("fe80::1%eth0")).toBe("fe80::1")
  expect(plainAddress("localhost")).toBe("")
})

test("private networks are recognised", () => {
  for (const address of ["10.1.2.3", "172.31.0.1", "192.168.1.1", "100.64.0.1", "169.254.1.1", "127.0.0.1"])
    expect([address, isPrivate(address)]).toEqual([address, true])
  for (const address of ["::1", "fd00::1", "fe80::1"])
    expect([address, isPrivate(address)]).toEqual([address, true])
  for (const address of ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1", ""])
    expect([address, isPrivate(address)]).toEqual([address, false])
})

test("an invalid list is reported in a sentence with the entry", () => {
  expect(proxiesProblem(proxies)).toBeUndefined()
  expect(proxiesProblem(trustNobody)).toBeUndefined()
  for (const bad of ["10.0.0.0/33", "proxy.local", "::1/129", "10.0.0.0/8/8", "10.0.0.0/", "1.2.3"]) {
    expect(proxiesProblem(`127.0.0.1,${bad}`)).toContain(`"${bad}"`)
  }
})
