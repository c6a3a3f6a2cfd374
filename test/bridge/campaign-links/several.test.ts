/** Campaign links on two servers, one of which is down, hangs, or returns without its data. */
import { describe, expect, test } from "bun:test"
import { Effect, Logger } from "effect"
import { mirrored } from "../../../bridge/campaign-links/mirrored.ts"
import { redisLinks } from "../../../bridge/campaign-links/redis.ts"
import type { CampaignLinks } from "../../../bridge/campaign-links/service.ts"
import type { CampaignLink } from "../../../contracts/campaign-link.ts"
import { eventually } from "../../support/eventually.ts"
import { hasRedisProgram, privateRedis, secretUrl } from "../../support/redis.ts"

const link = (id: string, target = "https://example.com/"): CampaignLink => ({ id, default: target })

const twoServers = Effect.gen(function* () {
  const servers = yield* Effect.forEach([1, 2], () =>
    Effect.acquireRelease(
      Effect.promise(async () => {
        const server = await privateRedis()
        await server.start()
        return server
      }),
      (server) => Effect.promise(() => server.remove())
    )
  )
  const [first, second] = servers
  if (first === undefined || second === undefined) return yield* Effect.die("two servers")
  const open = (url: string) =>
    redisLinks({ url: secretUrl(url), key: "links", maxLinks: 10 }, { commandTimeout: 300, quiet: true })
  const stores = yield* Effect.all([open(first.url), open(second.url)])
  return { first, second, stores, links: mirrored(stores) }
})

type Two = Effect.Success<typeof twoServers>

const check = (what: string, body: (two: Two) => Effect.Effect<unknown, unknown>): void =>
  test(what, () =>
    Effect.flatMap(twoServers, body).pipe(Effect.scoped, Effect.provide(Logger.layer([])), Effect.runPromise)
  )

const put = (links: CampaignLinks["Service"], one: CampaignLink) =>
  Effect.promise(() =>
    eventually("the link is put everywhere", () =>
      Effect.runPromise(Effect.option(links.put(one))).then((outcome) => outcome._tag === "Some")
    )
  )

describe.skipIf(!hasRedisProgram())("campaign links on two servers", () => {
  check("are on both servers", ({ links, stores }) =>
    Effect.gen(function* () {
      yield* links.put(link("a"))
      for (const store of stores) expect(yield* store.get("a")).toEqual(link("a"))
      yield* links.remove("a")
      for (const store of stores) expect(yield* store.get("a")).toBeUndefined()
    })
  )

  for (const place of ["first", "second"] as const) {
    check(`can be read while the ${place} is down, and changed when it is up again`, (two) =>
      Effect.gen(function* () {
        const { links, stores } = two
        yield* links.put(link("a"))
        yield* Effect.promise(() => two[place].kill())
        expect(yield* links.get("a")).toEqual(link("a"))
        expect(yield* links.get("b")).toBeUndefined()
        expect((yield* links.list(undefined, 10)).links).toEqual([link("a")])
        const failure = yield* Effect.flip(links.put(link("b")))
        expect(failure.retry).toBe(true)
        expect((yield* Effect.flip(links.remove("a"))).retry).toBe(true)
        yield* Effect.promise(() => two[place].start())
        yield* put(links, link("b", "https://other.example/"))
        for (const store of stores) expect((yield* store.get("b"))?.default).toBe("https://other.example/")
      })
    )

    check(`can be read while the ${place} hangs`, (two) =>
      Effect.gen(function* () {
        yield* two.links.put(link("a"))
        two[place].pause()
        expect(yield* two.links.get("a")).toEqual(link("a"))
        expect((yield* Effect.flip(two.links.put(link("b")))).retry).toBe(true)
        two[place].resume()
      })
    )

    check(`are found although the ${place} lost them`, ({ links, stores }) =>
      Effect.gen(function* () {
        yield* links.put(link("a"))
        yield* stores[place === "first" ? 0 : 1].remove("a")
        yield* links.put(link("b"))
        expect(yield* links.get("a")).toEqual(link("a"))
        expect((yield* links.list(undefined, 1)).links).toEqual([link("a")])
        expect((yield* links.list("a", 1)).links).toEqual([link("b")])
        expect(yield* links.remove("a")).toBe(true)
        expect(yield* links.get("a")).toBeUndefined()
      })
    )
  }

  check("cannot be read while both servers are down", ({ first, second, links }) =>
    Effect.gen(function* () {
      yield* links.put(link("a"))
      yield* Effect.promise(() => Promise.all([first.kill(), second.kill()]))
      const failures = [
        yield* Effect.flip(links.get("a")),
        yield* Effect.flip(links.get("b")),
        yield* Effect.flip(links.list(undefined, 1))
      ]
      expect(failures.map(({ retry }) => retry)).toEqual([true, true, true])
    })
  )
})
