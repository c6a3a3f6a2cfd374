/**
 * `GET /click/<id>/go`: a click on a campaign link is stored as an event, then redirected. There is no redirect unless the
 * event is in the queue. Nothing in the request can change the target. Where the links API is off, the path of an unknown
 * link is an event like any other.
 */
import { isLinkId } from "../../contracts/campaign-link.ts"
import type { ByteString } from "../../contracts/event.ts"
import { Topic } from "../../contracts/ids.ts"
import type { AcceptEvents } from "../accept-events.ts"
import { parameter } from "../formats/flatten-json.ts"
import { idempotencyKey } from "../formats/idempotency-key.ts"
import { refuse } from "../http/errors.ts"
import type { RequestContext } from "../request-context.ts"
import type { Handler } from "../routes.ts"
import { type AdtekioClick, adtekioClick } from "./adtekio-click.ts"
import { clickQuery } from "./click-query.ts"
import type { CompiledLink } from "./compiled-link.ts"
import { keyOfAddress } from "./lookup-key.ts"

export interface ClickOptions {
  /** Undefined for an unknown link; rejects with `Failure`. */
  readonly find: (id: string) => Promise<CompiledLink | undefined>
  /** The platform of a user agent, as links name it; empty when unknown. */
  readonly platformOf: (userAgent: ByteString) => string
  readonly notFoundUrl: string | undefined
  /** How the event is written; default: spoor. */
  readonly dialect?: LinksDialect | undefined
  readonly accept: AcceptEvents
  /** Accepts a click on an unknown link as an event of its path; undefined: such a click is answered with 404. */
  readonly asEvent: Handler | undefined
}

/** How the event of a click is written. */
export type LinksDialect = "spoor" | "adtekio"

/** The topic of clicks. */
export const clicks = Topic.make("clicks")

const idIn = /^\/click\/([^/]+)\/go$/

export const click =
  ({ find, platformOf, notFoundUrl, dialect, accept, asEvent }: ClickOptions): Handler =>
  async (context) => {
    const id = idIn.exec(context.target.path)?.[1] ?? ""
    const found = await lookUp(isLinkId(id) ? find(id) : undefined)
    if (found === undefined) return refuse("unavailable", "The link could not be looked up; try again later.")
    const { link } = found
    const platform = platformOf(context.userAgent)
    const target = link?.urls.get(platform) ?? link?.otherwise ?? notFoundUrl
    if (target === undefined) {
      const isEvent = asEvent !== undefined && !context.lacksKey
      return isEvent ? asEvent(context) : refuse("not-found", "This link does not exist.")
    }
    await accept.one(context, eventOf(context, link, target, platform, dialect))
    return new Response(null, { status: 307, headers: { location: target, "cache-control": "no-store" } })
  }

/** Undefined when the look-up failed. */
const lookUp = async (
  found: Promise<CompiledLink | undefined> | undefined
): Promise<{ readonly link: CompiledLink | undefined } | undefined> => {
  try {
    return { link: await found }
  } catch {
    return undefined
  }
}

const eventOf = (
  { request, target: { path, query }, now }: RequestContext,
  link: CompiledLink | undefined,
  target: string,
  platform: string,
  dialect: LinksDialect = "spoor"
) => {
  const click: AdtekioClick =
    dialect === "adtekio"
      ? adtekioClick(link, target, query, now)
      : { path, ...clickQuery(link, target, query) }
  return {
    path: click.path,
    query: click.query,
    topic: clicks,
    id: idempotencyKey(request.headers),
    ...(click.hasLookupKey ? {} : { queryOfAddress: (address: string) => lookupKeyQuery(address, platform) })
  }
}

const lookupKeyQuery = (address: string, platform: string): ByteString => {
  const key = keyOfAddress(address, platform)
  return key === undefined ? ("" as ByteString) : parameter("lookup_key", key)
}
