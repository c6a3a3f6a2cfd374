/**
 * Where campaign links are kept: few, read at each click by gateways that remember them for a moment, written by people.
 * A link that has been put or removed is so for everyone once that has succeeded; while it is under way or after it has
 * failed, either may be seen. Both may be done again without harm.
 */
import { Context, type Effect } from "effect"
import type { CampaignLink } from "../../contracts/campaign-link.ts"
import type { Failure } from "../../contracts/failure.ts"

/** Links in the order of their ids. */
export interface LinkPage {
  readonly links: ReadonlyArray<CampaignLink>
  /** What to go on behind; undefined when these were the last. */
  readonly next: string | undefined
}

/** Every operation fails with `unavailable` or `timeout` when the store cannot be reached. */
export class CampaignLinks extends Context.Service<
  CampaignLinks,
  {
    /** Stores a link, in the place of one that has its id. Fails with `too-large` when there are `maxLinks` others. */
    readonly put: (link: CampaignLink) => Effect.Effect<"created" | "replaced", Failure>
    /** Undefined where there is none; what stands there and is no link counts as none. */
    readonly get: (id: string) => Effect.Effect<CampaignLink | undefined, Failure>
    /** At most `limit` links, at least 1, whose ids come behind `after`; from the first when that is undefined. */
    readonly list: (after: string | undefined, limit: number) => Effect.Effect<LinkPage, Failure>
    /** False when there was none. */
    readonly remove: (id: string) => Effect.Effect<boolean, Failure>
  }
>()("spoor/bridge/campaign-links") {}

/** How many links there may be. */
export const maxLinks = 1_000_000
