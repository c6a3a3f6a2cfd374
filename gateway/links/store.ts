/** Where the gateway's campaign links are kept, as its handlers see it: promises that reject with `Failure`. */
import type { CampaignLink } from "../../contracts/campaign-link.ts"

export interface LinkStore {
  /** Stores a link, in the place of one that has its id. */
  readonly put: (link: CampaignLink) => Promise<"created" | "replaced">
  readonly get: (id: string) => Promise<CampaignLink | undefined>
  /** At most `limit` links whose ids come behind `after`, in the order of their ids. */
  readonly list: (
    after: string | undefined,
    limit: number
  ) => Promise<{ readonly links: ReadonlyArray<CampaignLink>; readonly next: string | undefined }>
  /** False when there was none. */
  readonly remove: (id: string) => Promise<boolean>
}
