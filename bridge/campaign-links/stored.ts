/** A campaign link as text, the same in each store. */
import { Option, Schema } from "effect"
import { CampaignLink } from "../../contracts/campaign-link.ts"
import { Failure } from "../../contracts/failure.ts"
import type { LinkPage } from "./service.ts"

const json = Schema.fromJsonString(CampaignLink)

/** JSON. */
export const textOfLink = Schema.encodeSync(json)

const decode = Schema.decodeUnknownOption(json)

/** The link that a text is; undefined when it is none. */
export const linkOfText = (text: string): CampaignLink | undefined => Option.getOrUndefined(decode(text))

/** What there is of each id. */
export interface StoredLink {
  readonly id: string
  readonly text: string
}

/** A page of `limit` links out of one more than that, if there are so many. */
export const pageOf = (stored: ReadonlyArray<StoredLink>, limit: number): LinkPage => {
  const shown = stored.slice(0, limit)
  return {
    links: shown.flatMap(({ text }) => linkOfText(text) ?? []),
    next: stored.length > limit ? shown[limit - 1]?.id : undefined
  }
}

export const noRoom = (maxLinks: number): Failure =>
  new Failure({
    reason: "too-large",
    message: `There are ${maxLinks} links; remove one before you add another.`
  })
