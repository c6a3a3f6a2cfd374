/**
 * Several stores of campaign links, each with all links: reads need one reachable store, changes need all of them. A store
 * that lost its links does not hide those of another.
 */
import { Effect, Result } from "effect"
import { Failure } from "../../contracts/failure.ts"
import type { CampaignLinks, LinkPage } from "./service.ts"

type Store = CampaignLinks["Service"]

/**
 * A change that fails may have been made in some of the stores; repeat it when all are reachable again.
 *
 * NOTE: after two concurrent changes of one link, the stores may differ in which was last. Another change repairs that.
 */
export const mirrored = (stores: readonly [Store, ...Array<Store>]): Store => {
  const [only] = stores
  if (stores.length === 1) return only

  const inAllStores = <A>(change: (store: Store) => Effect.Effect<A, Failure>) =>
    Effect.flatMap(runInAll(stores, change), ({ successes, failures: [failure] }) =>
      failure === undefined ? Effect.succeed(successes) : Effect.fail(failure)
    )

  const inAnyStore = <A>(read: (store: Store) => Effect.Effect<A, Failure>) =>
    Effect.flatMap(runInAll(stores, read), ({ successes, failures: [failure] }) =>
      failure === undefined || successes.length > 0 ? Effect.succeed(successes) : Effect.fail(failure)
    )

  return {
    put: (link) =>
      Effect.map(
        inAllStores((store) => store.put(link)),
        (outcomes) => (outcomes.includes("replaced") ? "replaced" : "created")
      ),
    get: (id) =>
      Effect.suspend(() => {
        let isReachable = false
        const found = stores.map((store) =>
          Effect.flatMap(store.get(id), (link) => {
            if (link !== undefined) return Effect.succeed(link)
            isReachable = true
            return Effect.fail(notFound)
          })
        )
        return Effect.catch(Effect.raceAll(found), (failure) =>
          isReachable ? Effect.succeed(undefined) : Effect.fail(failure)
        )
      }),
    list: (after, limit) =>
      Effect.map(
        inAnyStore((store) => store.list(after, limit)),
        (pages) => merged(pages, limit)
      ),
    remove: (id) =>
      Effect.map(
        inAllStores((store) => store.remove(id)),
        (outcomes) => outcomes.includes(true)
      )
  }
}

/** The first links of all pages, up to the end of the page that ends first: after it, other stores may have more. */
const merged = (pages: ReadonlyArray<LinkPage>, limit: number): LinkPage => {
  const [end] = pages.flatMap(({ next }) => next ?? []).sort()
  const links = new Map(pages.flatMap((page) => page.links.map((link) => [link.id, link])))
  const known = [...links.values()]
    .filter(({ id }) => end === undefined || id <= end)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  return { links: known.slice(0, limit), next: known.length > limit ? known[limit - 1]?.id : end }
}

const notFound = new Failure({ reason: "unavailable", message: "This store does not have the link." })

const runInAll = <A>(stores: ReadonlyArray<Store>, run: (store: Store) => Effect.Effect<A, Failure>) =>
  Effect.map(
    Effect.forEach(stores, (store) => Effect.result(run(store)), { concurrency: "unbounded" }),
    (results) => ({
      successes: results.filter(Result.isSuccess).map(({ success }) => success),
      failures: results.filter(Result.isFailure).map(({ failure }) => failure)
    })
  )
