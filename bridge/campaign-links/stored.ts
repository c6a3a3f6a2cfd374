/** The text of a campaign link, the same in each store. */
import { Option, Schema } from "effect"
import { CampaignLink } from "../../contracts/campaign-link.ts"
import { Failure } from "../../contracts/failure.ts"
import type { LinkPage } from "./service.ts"

const json = Schema.fromJsonString(CampaignLink)

/** The link as JSON. */
export const textOfLink = Schema.encodeSync(json)

const decode = Schema.decodeUnknownOption(json)

/** The link in a text; undefined for any other text. */
export const linkOfText = (text: string): CampaignLink | undefined => Option.getOrUndefined(decode(text))

/** A row of a store. */
export interface StoredLink {
  readonly id: string
  readonly text: string
}

/** A page of at most `limit` links. `stored` has at most `limit` + 1 rows: a row beyond the limit is the start of a next page. */
export const pageOf = (stored: ReadonlyArray<StoredLink>, limit: number): LinkPage => {
  const shown = stored.slice(0, limit)
  return {
    links: shown.flatMap(({ text }) => linkOfText(text) ?? []),
    next: stored.length > limit ? shown[limit - 1]?.id : undefined
  }
}

export const limitReached = (maxLinks: number): Failure =>
  new Failure({
    reason: "too-large",
    message: `The limit of ${maxLinks} links is reached: remove one before you add another.`
  })
