/** A campaign link compiled for its clicks: everything that is the same for each click. */
import { type CampaignLink, windowSeconds } from "../../contracts/campaign-link.ts"
import type { ByteString } from "../../contracts/event.ts"
import { readTarget } from "../../contracts/link-target.ts"
import { parameter } from "../formats/flatten-json.ts"

export interface CompiledLink {
  readonly id: string
  /** The target of each platform. */
  readonly urls: ReadonlyMap<string, string>
  /** The target of all other platforms: the link's default, or its fallback. */
  readonly otherwise: string | undefined
  /** The link's parameters of an event; may be empty. */
  readonly query: ByteString
  /** The names in that query. */
  readonly names: ReadonlySet<string>
  /** How long after a click an install may happen, for a click with an advertising id and for one without, milliseconds. */
  readonly windows: { readonly idfa: number; readonly fingerprint: number }
}

/** The window of a link that says nothing, milliseconds. */
export const standardWindowMs = 7 * 86_400_000

/** Parameters of links that the old API made: windows in minutes. */
export const windowParams = {
  idfa: "attribution_window_idfa",
  fingerprint: "attribution_window_fingerprint"
} as const

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
    id: link.id,
    urls: new Map(urls),
    otherwise: allowed(link.default) ?? allowed(link.fallback),
    query: params.map(([name, value]) => parameter(name, value)).join("&") as ByteString,
    names: new Set(params.map(([name]) => name)),
    windows: {
      idfa: windowOf(link, windowParams.idfa),
      fingerprint: windowOf(link, windowParams.fingerprint)
    }
  }
}

const windowOf = ({ params, click_lookback }: CampaignLink, name: string): number => {
  const minutes = params?.[name] ?? ""
  if (/^\d{1,6}$/.test(minutes)) return Number(minutes) * 60_000
  return click_lookback === undefined ? standardWindowMs : windowSeconds(click_lookback) * 1000
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
