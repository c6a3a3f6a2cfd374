/** A proxy whose headers are ignored causes one warning with the settings to change; nothing else does. */
import { expect, test } from "bun:test"
import {
  loopback,
  parseHeaderNames,
  standardHeaders,
  trustNobody
} from "../../../gateway/http/client-address.ts"
import { checkedRequests, proxyCheck } from "../../../gateway/http/proxy-check.ts"

const checking = (trusted: string = loopback, addressHeaders = standardHeaders) => {
  const warnings: Array<string> = []
  const check = proxyCheck({ trusted, addressHeaders, warn: (sentence) => void warnings.push(sentence) })
  const see = (peer: string, headers: Record<string, string> = {}) => check(new Headers(headers), peer)
  return { warnings, see }
}

const forwarded = { "x-forwarded-for": "203.0.113.7" }

test("a private peer with a forwarded header causes one warning with the settings to change", () => {
  const { warnings, see } = checking()
  see("10.1.2.3", forwarded)
  see("10.1.2.4", forwarded)
  expect(warnings).toEqual([
    "Requests from 10.1.2.3 have the header X-Forwarded-For, but 10.1.2.3 is not in TRUSTED_PROXIES, so 10.1.2.3 counts as the client. If it is your proxy, set TRUSTED_PROXIES=127.0.0.0/8,::1,10.1.2.3 (or the range of your proxies)."
  ])
})

test("a header that is not configured causes a warning too", () => {
  for (const [header, value, name] of [
    ["forwarded", 'for="[2001:db8::7]:1"', "Forwarded"],
    ["cf-connecting-ip", "203.0.113.7", "Cf-Connecting-Ip"],
    ["x-push-ip", "203.0.113.7", "X-Push-Ip"]
  ] as const) {
    const { warnings, see } = checking()
    see("fd00::1%eth0", { [header]: value })
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(`set TRUSTED_PROXIES=${loopback},fd00::1 `)
    expect(warnings[0]).toEndWith(`and, if it writes that header itself, ADDRESS_HEADERS=${name}.`)
  }
})

test("a trusted proxy with the client's address only in another header causes a warning", () => {
  const { warnings, see } = checking()
  see("127.0.0.1", { "x-real-ip": "203.0.113.8" })
  see("127.0.0.1", { "cf-connecting-ip": "203.0.113.7" })
  expect(warnings).toEqual([
    "Requests from the proxy 127.0.0.1 have the header Cf-Connecting-Ip, which is not in ADDRESS_HEADERS, so 127.0.0.1 counts as the client. If the proxy writes that header itself, set ADDRESS_HEADERS=Cf-Connecting-Ip."
  ])
})

test("correct settings and public clients cause no warning", () => {
  const { warnings, see } = checking("127.0.0.0/8,10.0.0.0/8")
  see("127.0.0.1")
  see("10.1.2.3", { ...forwarded, "x-real-ip": "203.0.113.7", "x-push-ip": "6.6.6.6" })
  see("10.1.2.3", { "x-real-ip": "10.1.2.4" })
  see("203.0.113.9", forwarded)
  see("192.168.1.1")
  see("192.168.1.1", { "x-forwarded-for": "unknown" })
  see("", forwarded)
  const own = checking("10.0.0.0/8", parseHeaderNames("X-Mine"))
  own.see("10.1.2.3", { "x-mine": "203.0.113.7", "x-forwarded-for": "203.0.113.7" })
  const none = checking(trustNobody)
  none.see("10.1.2.3", forwarded)
  expect([...warnings, ...own.warnings, ...none.warnings]).toEqual([])
})

test("a proxy that appears later is found too", () => {
  const { warnings, see } = checking()
  for (let n = 0; n < checkedRequests; n++) see("203.0.113.9", forwarded)
  for (let n = 0; n < checkedRequests; n++) see("10.1.2.3", forwarded)
  expect(warnings).toHaveLength(1)
})
