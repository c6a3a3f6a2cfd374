/**
 * Several stores of campaign links, each with all of them: links can be read as long as one of the stores answers, and
 * changed while all do. A store that has lost its links does not hide those that another has.
 */
import { Effect, Result } from "effect"
import { Failure } from "../../contracts/failure.ts"
import type { CampaignLinks, LinkPage } from "./service.ts"

type Store = CampaignLinks["Service"]

/**
 * NOTE: of two changes of one link at the same moment, each store may have another as its last. Nobody is harmed who
 * changes it once more.
 *
 * A change that fails may have been made in some of the stores; made again once all are back, it is made in all. */
export const mirrored = (stores: readonly [Store, ...Array<Store>]): Store => {
  const [only] = stores
  if (stores.length === 1) return only

  const everywhere = <A>(change: (store: Store) => Effect.Effect<A, Failure>) =>
    Effect.flatMap(askAll(stores, change), ({ answers, failures: [failure] }) =>
      failure === undefined ? Effect.succeed(answers) : Effect.fail(failure)
    )

  const anywhere = <A>(look: (store: Store) => Effect.Effect<A, Failure>) =>
    Effect.flatMap(askAll(stores, look), ({ answers, failures: [failure] }) =>
      failure === undefined || answers.length > 0 ? Effect.succeed(answers) : Effect.fail(failure)
    )

  return {
    put: (link) =>
      Effect.map(
        everywhere((store) => store.put(link)),
        (outcomes) => (outcomes.includes("replaced") ? "replaced" : "created")
      ),
    get: (id) =>
      Effect.suspend(() => {
        let isAnswered = false
        const found = stores.map((store) =>
          Effect.flatMap(store.get(id), (link) => {
            if (link !== undefined) return Effect.succeed(link)
            isAnswered = true
            return Effect.fail(none)
          })
        )
        return Effect.catch(Effect.raceAll(found), (failure) =>
          isAnswered ? Effect.succeed(undefined) : Effect.fail(failure)
        )
      }),
    list: (after, limit) =>
      Effect.map(
        anywhere((store) => store.list(after, limit)),
        (pages) => merged(pages, limit)
      ),
    remove: (id) =>
      Effect.map(
        everywhere((store) => store.remove(id)),
        (outcomes) => outcomes.includes(true)
      )
  }
}

/** The first links of all pages. Nothing is known behind the end of the page that ends first. */
const merged = (pages: ReadonlyArray<LinkPage>, limit: number): LinkPage => {
  const [end] = pages.flatMap(({ next }) => next ?? []).sort()
  const links = new Map(pages.flatMap((page) => page.links.map((link) => [link.id, link])))
  const known = [...links.values()]
    .filter(({ id }) => end === undefined || id <= end)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  return { links: known.slice(0, limit), next: known.length > limit ? known[limit - 1]?.id : end }
}

const none = new Failure({ reason: "unavailable", message: "There is no such link here." })

const askAll = <A>(stores: ReadonlyArray<Store>, ask: (store: Store) => Effect.Effect<A, Failure>) =>
  Effect.map(
    Effect.forEach(stores, (store) => Effect.result(ask(store)), { concurrency: "unbounded" }),
    (results) => ({
      answers: results.filter(Result.isSuccess).map(({ success }) => success),
      failures: results.filter(Result.isFailure).map(({ failure }) => failure)
    })
  )
