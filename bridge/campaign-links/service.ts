/**
 * The store of campaign links: few links, read at each click by gateways with a short cache, written by people. A change is
 * visible to all readers once it has succeeded; before that, and after a failure, it may or may not be. Both changes are
 * idempotent.
 */
import { Context, type Effect } from "effect"
import type { CampaignLink } from "../../contracts/campaign-link.ts"
import type { Failure } from "../../contracts/failure.ts"

/** Links ordered by id. */
export interface LinkPage {
  readonly links: ReadonlyArray<CampaignLink>
  /** The cursor of the next page; undefined on the last one. */
  readonly next: string | undefined
}

/**
 * Every operation fails with `unavailable` or `timeout` when the store cannot be reached.
 *
 * @example
 * const links = yield* CampaignLinks
 * yield* links.put({ id: "spring", default: "https://shop.example/spring" })
 */
export class CampaignLinks extends Context.Service<
  CampaignLinks,
  {
    /** Stores a link; replaces the one with the same id. Fails with `too-large` when there are `maxLinks` others. */
    readonly put: (link: CampaignLink) => Effect.Effect<"created" | "replaced", Failure>
    /** Undefined for an unknown id, or for a stored text that is not a link. */
    readonly get: (id: string) => Effect.Effect<CampaignLink | undefined, Failure>
    /** At most `limit` (1 or more) links with ids after `after`; from the first when `after` is undefined. */
    readonly list: (after: string | undefined, limit: number) => Effect.Effect<LinkPage, Failure>
    /** False for an unknown id. */
    readonly remove: (id: string) => Effect.Effect<boolean, Failure>
  }
>()("spoor/bridge/campaign-links") {}

/** The limit of stored links. */
export const maxLinks = 1_000_000
