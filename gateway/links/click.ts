/**
 * `GET /click/<id>/go`: a click on a campaign link is an event, and then a redirect. The redirect says that the event is
 * kept: without it there is none. Nothing in the request has a say in where it leads. Where nobody can make links, a
 * path that is none is an event as every other.
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
import { clickQuery } from "./click-query.ts"
import type { CompiledLink } from "./compiled-link.ts"
import { keyOfAddress } from "./lookup-key.ts"

export interface ClickOptions {
  /** Undefined where there is no such link; rejects with `Failure`. */
  readonly find: (id: string) => Promise<CompiledLink | undefined>
  /** The platform behind a user agent as links name them, empty when unknown. */
  readonly platformOf: (userAgent: ByteString) => string
  readonly notFoundUrl: string | undefined
  readonly take: AcceptEvents
  /** Takes a click on no link as an event like that of any path; undefined where it is answered with 404. */
  readonly asEvent: Handler | undefined
}

/** Clicks have a topic of their own. */
export const clicks = Topic.make("clicks")

const idIn = /^\/click\/([^/]+)\/go$/

export const click =
  ({ find, platformOf, notFoundUrl, take, asEvent }: ClickOptions): Handler =>
  async (context) => {
    const id = idIn.exec(context.target.path)?.[1] ?? ""
    const found = await look(isLinkId(id) ? find(id) : undefined)
    if (found === undefined) return refuse("unavailable", "The link cannot be looked up now; try again.")
    const { link } = found
    const platform = platformOf(context.userAgent)
    const target = link?.urls.get(platform) ?? link?.otherwise ?? notFoundUrl
    if (target === undefined) {
      const isEvent = asEvent !== undefined && !context.lacksKey
      return isEvent ? asEvent(context) : refuse("not-found", "There is no such link.")
    }
    await take.one(context, eventOf(context, link, target, platform))
    return new Response(null, { status: 307, headers: { location: target, "cache-control": "no-store" } })
  }

/** Undefined when nobody could say. */
const look = async (
  asked: Promise<CompiledLink | undefined> | undefined
): Promise<{ readonly link: CompiledLink | undefined } | undefined> => {
  try {
    return { link: await asked }
  } catch {
    return undefined
  }
}

const eventOf = (
  { request, target: { path, query } }: RequestContext,
  link: CompiledLink | undefined,
  target: string,
  platform: string
) => {
  const click = clickQuery(link, target, query)
  return {
    path,
    query: click.query,
    topic: clicks,
    id: idempotencyKey(request.headers),
    ...(click.isKeyed ? {} : { queryOfAddress: (address: string) => keyedBy(address, platform) })
  }
}

const keyedBy = (address: string, platform: string): ByteString => {
  const key = keyOfAddress(address, platform)
  return key === undefined ? ("" as ByteString) : parameter("lookup_key", key)
}
