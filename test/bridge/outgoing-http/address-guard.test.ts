/** The guard: which addresses are refused, however they are written, and what WEBHOOK_ALLOW opens. */
import { describe, expect, test } from "bun:test"
import { Effect, Result } from "effect"
import { isAllowed, readAllowList } from "../../../bridge/outgoing-http/address-guard.ts"
import { makeOutgoingHttp } from "../../../bridge/outgoing-http/outgoing-http.ts"
import { names, publicAddresses, spellings } from "./spellings.ts"

const nothing = readAllowList("")

describe("refused", () => {
  test("at least 40 spellings are tried", () => expect(spellings.length).toBeGreaterThanOrEqual(40))

  for (const url of spellings)
    test(JSON.stringify(url), async () => {
      const asked: Array<string> = []
      const outcome = await Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            const http = yield* makeOutgoingHttp({
              allow: nothing,
              lookup: async (name) => {
                asked.push(name)
                return (names[name] ?? []).map((address) => ({ address }))
              }
            })
            const request = { method: "GET", url, headers: [], body: undefined, timeoutMs: 5_000 }
            return yield* Effect.result(http.send(request))
          })
        )
      )
      const failure = Result.getOrThrow(Result.flip(outcome))
      expect(["refused address", "bad url", "no name"]).toContain(failure.reason)
      if (failure.reason === "no name") expect(asked).toEqual(["nobody.example"])
      expect(failure.wasSent).toBe(false)
    })
})

describe("allowed", () => {
  for (const address of publicAddresses)
    test(`${address} is public`, () => expect(isAllowed("shop.example", address, nothing)).toBe(true))

  test("an address, a block or a name of the list opens just that", () => {
    const allow = readAllowList("10.1.0.0/16, 127.0.0.1,fd12::/32, Storage.Internal")
    const allowed = (host: string, address: string) => isAllowed(host, address, allow)
    expect(allowed("any.example", "10.1.255.1")).toBe(true)
    expect(allowed("any.example", "10.2.0.1")).toBe(false)
    expect(allowed("any.example", "127.0.0.1")).toBe(true)
    expect(allowed("any.example", "127.0.0.2")).toBe(false)
    expect(allowed("any.example", "fd12:0:1::1")).toBe(true)
    expect(allowed("storage.internal.", "192.168.7.7")).toBe(true)
    expect(allowed("other.internal", "192.168.7.7")).toBe(false)
  })

  test("a name of the list does not open the metadata addresses; they themselves do", () => {
    const allow = readAllowList("storage.internal")
    const others = ["169.254.170.23", "100.100.100.200", "192.0.0.192", "fd00:ec2::23", "fd20:ce::254"]
    for (const address of ["169.254.169.254", "fd00:ec2::254", ...others]) {
      expect(isAllowed("storage.internal", address, allow)).toBe(false)
      expect(isAllowed("x", address, readAllowList(address))).toBe(true)
    }
    for (const spelled of [
      "::ffff:169.254.169.254",
      "::ffff:a9fe:a9fe",
      "64:ff9b::a9fe:a9fe",
      "fe80::a9fe:a9fe"
    ])
      expect([spelled, isAllowed("storage.internal", spelled, allow)]).toEqual([spelled, false])
    expect(isAllowed("storage.internal", "169.254.7.7", allow)).toBe(true)
  })

  test("the public address at which machines of Azure get their credentials is refused", () => {
    expect(isAllowed("any.example", "168.63.129.16", nothing)).toBe(false)
    expect(isAllowed("any.example", "64:ff9b::a83f:8110", nothing)).toBe(false)
    expect(isAllowed("any.example", "168.63.129.16", readAllowList("168.63.129.16"))).toBe(true)
  })

  for (const wrong of ["10.0.0.0/33", "10.0.0.0/8/8", "http://a", "1.2.3", "a b", "::1/129"])
    test(`${wrong} in WEBHOOK_ALLOW is an error`, () =>
      expect(() => readAllowList(wrong)).toThrow(/WEBHOOK_ALLOW: .* is not an address/))
})
