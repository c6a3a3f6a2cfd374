import { describe, expect, test } from "bun:test"
import { cacheLinks, type LinkCacheLimits, standardLinkCache } from "../../../gateway/links/link-cache.ts"

/** A cache on a store that the test controls. */
const memory = (limits: Partial<LinkCacheLimits> = {}) => {
  const clock = { now: 0 }
  const asked: Array<{
    id: string
    answer: (link: string | undefined) => void
    fail: (cause: unknown) => void
  }> = []
  const found = new Map<string, string>()
  const state: { mode: "answers" | "fails" | "waits" } = { mode: "answers" }
  const links = cacheLinks<string>(
    (id) => {
      const { promise, resolve, reject } = Promise.withResolvers<string | undefined>()
      asked.push({ id, answer: resolve, fail: reject })
      if (state.mode === "answers") resolve(found.get(id))
      if (state.mode === "fails") reject(new Error("away"))
      return promise
    },
    () => clock.now,
    { ...standardLinkCache, lookupTimeoutMs: 20, ...limits }
  )
  return { ...links, clock, asked, found, state }
}

describe("a link", () => {
  test("is loaded at most once in ten seconds", async () => {
    const { find, clock, asked, found } = memory()
    found.set("a", "one")
    for (const now of [0, 5_000, 9_999]) {
      clock.now = now
      expect(await find("a")).toBe("one")
    }
    expect(asked).toHaveLength(1)
    found.set("a", "two")
    clock.now = 10_000
    expect(await find("a")).toBe("two")
    found.delete("a")
    clock.now = 20_000
    expect(await find("a")).toBeUndefined()
    clock.now = 29_999
    expect(await find("a")).toBeUndefined()
    expect(asked).toHaveLength(3)
  })

  test("is loaded once for concurrent look-ups", async () => {
    const { find, asked, state } = memory({ lookupTimeoutMs: 60_000 })
    state.mode = "waits"
    const many = Array.from({ length: 100 }, () => find("a"))
    expect(asked).toHaveLength(1)
    asked[0]?.answer("one")
    expect(new Set(await Promise.all(many))).toEqual(new Set(["one"]))
  })

  test("is used for a day while the store is unavailable or slow, and retried once a second", async () => {
    for (const mode of ["fails", "waits"] as const) {
      const { find, clock, asked, found, state } = memory()
      found.set("a", "one")
      await find("a")
      state.mode = mode
      clock.now = 10_000
      expect(await find("a")).toBe("one")
      const before = asked.length
      clock.now = 10_999
      expect(await find("a")).toBe("one")
      expect(asked).toHaveLength(before)
      clock.now = standardLinkCache.staleMs
      expect(await find("a")).toBe("one")
      clock.now = standardLinkCache.staleMs + 2_000
      expect(await find("a").catch(() => "failed")).toBe("failed")
    }
  })

  test("that is not cached fails then, and an unknown one too", async () => {
    const { find, clock, state } = memory()
    expect(await find("none")).toBeUndefined()
    state.mode = "fails"
    expect(await find("a").catch(() => "failed")).toBe("failed")
    clock.now = 10_000
    expect(await find("none").catch(() => "failed")).toBe("failed")
  })

  test("that loads too late for its click is cached for the next", async () => {
    const { find, asked, state } = memory()
    state.mode = "waits"
    expect(await find("a").catch(() => "failed")).toBe("failed")
    asked[0]?.answer("one")
    await Promise.resolve()
    expect(await find("a")).toBe("one")
    expect(asked).toHaveLength(1)
  })

  test("that has changed is loaded again, and a load in flight is not cached", async () => {
    const { find, invalidate, asked, state } = memory({ lookupTimeoutMs: 60_000 })
    state.mode = "waits"
    const before = find("a")
    invalidate("a")
    const after = find("a")
    expect(asked).toHaveLength(2)
    asked[1]?.answer("new")
    expect(await after).toBe("new")
    asked[0]?.answer("old")
    expect(await before).toBe("old")
    expect(await find("a")).toBe("new")
  })
})

describe("memory", () => {
  test("is bounded, and unknown ids do not evict links", async () => {
    const { find, found, size, asked } = memory({ maxLinks: 10 })
    for (let i = 0; i < 25; i++) found.set(`link${i}`, "x")
    for (let i = 0; i < 25; i++) await find(`link${i}`)
    for (let i = 0; i < 1_000; i++) await find(`none${i}`)
    expect(size()).toEqual({ links: 10, absent: 10 })
    const before = asked.length
    expect(await find("link24")).toBe("x")
    expect(asked).toHaveLength(before)
  })

  test("has a limit of concurrent look-ups", async () => {
    const { find, asked, state } = memory({ maxLookups: 5, lookupTimeoutMs: 60_000 })
    state.mode = "waits"
    const found = Array.from({ length: 8 }, (_, i) => find(`a${i}`).catch(() => "busy"))
    expect(await Promise.all(found.slice(5))).toEqual(["busy", "busy", "busy"])
    for (const { answer } of asked) answer("x")
    expect(await Promise.all(found.slice(0, 5))).toEqual(["x", "x", "x", "x", "x"])
    expect(asked).toHaveLength(5)
  })
})
