/** The contract of every store of campaign links. `place` is an unused location; a store opened there again is the same store. */
import { expect, test } from "bun:test"
import { Effect, Logger, type Scope } from "effect"
import type { CampaignLinks } from "../../../bridge/campaign-links/service.ts"
import type { CampaignLink } from "../../../contracts/campaign-link.ts"
import type { Failure } from "../../../contracts/failure.ts"

type Store = CampaignLinks["Service"]
export type Place = (maxLinks: number) => Effect.Effect<Store, Failure, Scope.Scope>

const whole: CampaignLink = {
  id: "summer",
  urls: { ios: "https://apps.apple.com/app/id1", "chrome os": "https://example.com/" },
  default: "https://example.com/%C3%BC?a=b#c",
  fallback: "market://details?id=com.example",
  campaign: 'Sommer "25" — ü 🌞',
  adgroup: "a b",
  ad: "&=%",
  network: "n",
  click_lookback: "7 days",
  view_lookback: "36 hours",
  params: { creative: "blue", "a.b-c_D": "'" }
}

const named = (id: string, target = "https://example.com/"): CampaignLink => ({ id, default: target })

/** `isOne` is false for several stores, which may apply two concurrent puts in different orders. */
export const linksContract = (place: Effect.Effect<Place, Failure, Scope.Scope>, isOne = true): void => {
  const check = (
    what: string,
    body: (store: Store, open: Place) => Effect.Effect<unknown, unknown, Scope.Scope>,
    maxLinks = 1_000
  ): void =>
    test(what, () =>
      Effect.gen(function* () {
        const open = yield* place
        yield* body(yield* open(maxLinks), open)
      }).pipe(Effect.scoped, Effect.provide(Logger.layer([])), Effect.runPromise)
    )

  check("an empty store has no links", (store) =>
    Effect.gen(function* () {
      expect(yield* store.get("summer")).toBeUndefined()
      expect(yield* store.list(undefined, 10)).toEqual({ links: [], next: undefined })
      expect(yield* store.remove("summer")).toBe(false)
    })
  )

  check("a link is read as it was put, also by a store opened later", (store, open) =>
    Effect.gen(function* () {
      expect(yield* store.put(whole)).toBe("created")
      expect(yield* store.get("summer")).toEqual(whole)
      const later = yield* open(1_000)
      expect(yield* later.get("summer")).toEqual(whole)
      expect((yield* later.list(undefined, 1)).links).toEqual([whole])
    })
  )

  check("a put replaces the whole link with the same id", (store) =>
    Effect.gen(function* () {
      yield* store.put(whole)
      expect(yield* store.put(named("summer"))).toBe("replaced")
      expect(yield* store.get("summer")).toEqual(named("summer"))
      expect((yield* store.list(undefined, 10)).links).toEqual([named("summer")])
    })
  )

  check("a removed link is gone and may be put again", (store) =>
    Effect.gen(function* () {
      yield* store.put(whole)
      yield* store.put(named("winter"))
      expect(yield* store.remove("summer")).toBe(true)
      expect(yield* store.remove("summer")).toBe(false)
      expect(yield* store.get("summer")).toBeUndefined()
      expect((yield* store.list(undefined, 10)).links).toEqual([named("winter")])
      expect(yield* store.put(whole)).toBe("created")
    })
  )

  check("links are listed by id, page by page, each once", (store) =>
    Effect.gen(function* () {
      const ids = [
        "-",
        "0",
        "1",
        "10",
        "2",
        "A",
        "B",
        "Z",
        "_",
        "a",
        "a-",
        "aa",
        "b",
        "constructor",
        "__proto__"
      ]
      for (const id of [...ids].reverse()) yield* store.put(named(id))
      for (const limit of [1, 2, 7, 15, 16]) {
        const seen: Array<string> = []
        let after: string | undefined
        do {
          const page = yield* store.list(after, limit)
          expect(page.links.length).toBeLessThanOrEqual(limit)
          seen.push(...page.links.map(({ id }) => id))
          after = page.next
        } while (after !== undefined)
        expect(seen).toEqual([...ids].sort())
      }
      expect((yield* store.list("B-not-there", 2)).links.map(({ id }) => id)).toEqual(["Z", "_"])
    })
  )

  check(
    "at the limit no link can be added, and existing links can be replaced",
    (store) =>
      Effect.gen(function* () {
        yield* store.put(named("a"))
        yield* store.put(named("b"))
        const failure = yield* Effect.flip(store.put(named("c")))
        expect(failure.reason).toBe("too-large")
        expect(yield* store.get("c")).toBeUndefined()
        expect(yield* store.put(named("a", "https://other.example/"))).toBe("replaced")
        yield* store.remove("b")
        expect(yield* store.put(named("c"))).toBe("created")
      }),
    2
  )

  check("two concurrent puts of a link store one of the two", (store, open) =>
    Effect.gen(function* () {
      const other = yield* open(1_000)
      const puts = Array.from({ length: 20 }, (_, i) =>
        (i % 2 === 0 ? store : other).put(named("same", `https://example.com/${i}`))
      )
      const outcomes = yield* Effect.all(puts, { concurrency: "unbounded" })
      if (isOne) expect(outcomes.filter((outcome) => outcome === "created")).toHaveLength(1)
      expect((yield* store.get("same"))?.default).toMatch(/^https:\/\/example\.com\/\d+$/)
      expect((yield* store.list(undefined, 10)).links).toHaveLength(1)
    })
  )
}
