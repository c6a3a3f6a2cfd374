/** Campaign links at the edge: their clicks, and the API by which they are managed. */
import type { CampaignLink } from "../../contracts/campaign-link.ts"
import type { ByteString } from "../../contracts/event.ts"
import { schemesOf } from "../../contracts/link-target.ts"
import type { AcceptEvents } from "../accept-events.ts"
import type { BodyLimits } from "../http/body/limits.ts"
import { bodyReader } from "../http/body/read-body.ts"
import type { Handler, Route } from "../routes.ts"
import { linksApi } from "./api.ts"
import { click } from "./click.ts"
import { compileLink } from "./compiled-link.ts"
import { cacheLinks, type LinkCacheLimits } from "./link-cache.ts"
import { linkReader } from "./read-link.ts"
import { requireToken } from "./require-token.ts"
import type { LinkStore } from "./store.ts"

export interface LinkOptions {
  readonly store: LinkStore
  /** The platform behind a user agent as links name them, empty when unknown. */
  readonly platformOf: (userAgent: ByteString) => string
  readonly settings: {
    /** Undefined: links cannot be managed here. */
    readonly token: string | undefined
    /** As LINK_SCHEMES has them. */
    readonly schemes: string
    readonly notFoundUrl: string | undefined
  }
  /** Milliseconds that never go back. */
  readonly now: () => number
  readonly memory?: LinkCacheLimits
}

/** What the body of a request may weigh that holds a link, in bytes. */
const maxLinkBytes = 65_536

/** `asEvent` takes the event of any path. */
export const linkRoutes = (
  { store, platformOf, settings, now, memory }: LinkOptions,
  take: AcceptEvents,
  limits: BodyLimits,
  asEvent: Handler
): ReadonlyArray<Route> => {
  const schemes = schemesOf(settings.schemes)
  const ready = (link: CampaignLink | undefined) =>
    link === undefined ? undefined : compileLink(link, schemes)
  const { find, forget } = cacheLinks((id) => store.get(id).then(ready), now, memory)
  return [
    {
      path: "/click/*/go",
      GET: click({
        find,
        platformOf,
        notFoundUrl: settings.notFoundUrl,
        take,
        asEvent: settings.token === undefined ? asEvent : undefined
      })
    },
    ...linksApi({
      store,
      requireToken: requireToken(settings.token),
      readBody: bodyReader({ ...limits, sentBytes: maxLinkBytes, bytes: maxLinkBytes }),
      readLink: linkReader(schemes),
      changed: forget
    })
  ]
}
