/** A campaign link compiled for its clicks: everything that is the same for each click. */
import { type CampaignLink, windowSeconds } from "../../contracts/campaign-link.ts"
import type { ByteString } from "../../contracts/event.ts"
import { readTarget } from "../../contracts/link-target.ts"
import { parameter } from "../formats/flatten-json.ts"

export interface CompiledLink {
  /** The target of each platform. */
  readonly urls: ReadonlyMap<string, string>
  /** The target of all other platforms: the link's default, or its fallback. */
  readonly otherwise: string | undefined
  /** The link's parameters of an event; may be empty. */
  readonly query: ByteString
  /** The names in that query. */
  readonly names: ReadonlySet<string>
}

/**
 * `schemes` are the URL schemes allowed now. The store is not trusted: a stored target that is not allowed counts as
 * missing.
 */
export const compileLink = (link: CampaignLink, schemes: ReadonlySet<string>): CompiledLink => {
  const allowed = (target: string | undefined): string | undefined =>
    target === undefined ? undefined : readTarget(target, schemes).href
  const urls = Object.entries(link.urls ?? {}).flatMap(([platform, target]) => {
    const href = allowed(target)
    return href === undefined ? [] : [[platform, href] as const]
  })
  const params = paramsOf(link)
  return {
    urls: new Map(urls),
    otherwise: allowed(link.default) ?? allowed(link.fallback),
    query: params.map(([name, value]) => parameter(name, value)).join("&") as ByteString,
    names: new Set(params.map(([name]) => name))
  }
}

const paramsOf = (link: CampaignLink): ReadonlyArray<readonly [name: string, value: string]> => {
  const { campaign, adgroup, ad, network, click_lookback, view_lookback } = link
  const own: Readonly<Record<string, string | undefined>> = {
    campaign,
    adgroup,
    ad,
    network,
    click_lookback: secondsOf(click_lookback),
    view_lookback: secondsOf(view_lookback)
  }
  return [...Object.entries(own), ...Object.entries(link.params ?? {})].flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const]
  )
}

const secondsOf = (window: string | undefined): string | undefined =>
  window === undefined ? undefined : String(windowSeconds(window))
