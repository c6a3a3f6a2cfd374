/** The store of campaign links, as handlers use it: promises that reject with `Failure`. */
import type { CampaignLink } from "../../contracts/campaign-link.ts"

export interface LinkStore {
  /** Stores a link, replacing one with the same id. */
  readonly put: (link: CampaignLink) => Promise<"created" | "replaced">
  readonly get: (id: string) => Promise<CampaignLink | undefined>
  /** At most `limit` links with ids after `after`, ordered by id. */
  readonly list: (
    after: string | undefined,
    limit: number
  ) => Promise<{ readonly links: ReadonlyArray<CampaignLink>; readonly next: string | undefined }>
  /** False when the link did not exist. */
  readonly remove: (id: string) => Promise<boolean>
}
