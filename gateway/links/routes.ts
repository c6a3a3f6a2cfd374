/** The routes of campaign links: clicks, and the API that manages links. */
import type { CampaignLink } from "../../contracts/campaign-link.ts"
import type { ByteString } from "../../contracts/event.ts"
import { schemesOf } from "../../contracts/link-target.ts"
import type { AcceptEvents } from "../accept-events.ts"
import type { BodyLimits } from "../http/body/limits.ts"
import { bodyReader } from "../http/body/read-body.ts"
import type { Handler, Route } from "../routes.ts"
import { linksApi } from "./api.ts"
import { click, type LinksDialect } from "./click.ts"
import { compileLink } from "./compiled-link.ts"
import { cacheLinks, type LinkCacheLimits } from "./link-cache.ts"
import { oldLinksApi } from "./old-api.ts"
import { linkReader } from "./read-link.ts"
import { requireToken } from "./require-token.ts"
import type { LinkStore } from "./store.ts"

export interface LinkOptions {
  readonly store: LinkStore
  /** The platform of a user agent, as links name it; empty when unknown. */
  readonly platformOf: (userAgent: ByteString) => string
  readonly settings: {
    /** Undefined: the links API is off; a function: the token of the moment, which may be replaced. */
    readonly token: string | (() => string) | undefined
    /** The value of LINK_SCHEMES. */
    readonly schemes: string
    readonly notFoundUrl: string | undefined
    /** How clicks are written; default: spoor. */
    readonly dialect?: LinksDialect
    /** The secret of the old API; undefined: it is off. */
    readonly secret?: (() => string) | undefined
  }
  /** A monotonic clock, milliseconds. */
  readonly now: () => number
  readonly cache?: LinkCacheLimits
}

/** Maximum size of a request body with a link, bytes. */
const maxLinkBytes = 65_536

/** `asEvent` accepts the event of any path. */
export const linkRoutes = (
  { store, platformOf, settings, now, cache }: LinkOptions,
  accept: AcceptEvents,
  limits: BodyLimits,
  asEvent: Handler
): ReadonlyArray<Route> => {
  const schemes = schemesOf(settings.schemes)
  const compile = (link: CampaignLink | undefined) =>
    link === undefined ? undefined : compileLink(link, schemes)
  const readBody = bodyReader({ ...limits, sentBytes: maxLinkBytes, bytes: maxLinkBytes })
  const readLink = linkReader(schemes)
  const { secret } = settings
  const { find, invalidate } = cacheLinks((id) => store.get(id).then(compile), now, cache)
  return [
    {
      path: "/click/*/go",
      GET: click({
        find,
        platformOf,
        notFoundUrl: settings.notFoundUrl,
        dialect: settings.dialect,
        accept,
        asEvent: settings.token === undefined && secret === undefined ? asEvent : undefined
      })
    },
    ...linksApi({
      store,
      requireToken: requireToken(settings.token),
      readBody,
      readLink,
      changed: invalidate
    }),
    ...(secret === undefined ? [] : oldLinksApi({ store, secret, readBody, readLink, changed: invalidate }))
  ]
}
