/**
 * The event of a click as the consumers of the old system read it: the path `/t/click`, and their parameters beside those of
 * every click. Pure.
 */
import type { ByteString } from "../../contracts/event.ts"
import { readPair } from "../../contracts/wire/params.ts"
import { parameter } from "../formats/flatten-json.ts"
import { type ClickQuery, isOfLink } from "./click-query.ts"
import { type CompiledLink, standardWindowMs } from "./compiled-link.ts"
import { advertisingId, advertisingNames, keyOfId } from "./lookup-key.ts"

export interface AdtekioClick extends ClickQuery {
  readonly path: ByteString
}

/** How long before a click its window begins: an install may be reported first. Milliseconds. */
const beforeMs = 5 * 60_000

/** The old system cut `click` after so many characters. */
const maxClickCharacters = 255

/** Parameters of the old event, which no click can set; `adid`, `click` and `partner_data` are what a click sent. */
const oldNames: ReadonlySet<string> = new Set([
  ...["adid", "attr_window_from", "attr_window_till", "campaign_link_id", "click", "created_at", "idfa_comb"],
  ...["lookup_key", "partner_data", "redirect_url", "reqparams", "user_id"]
])

/** Parameters of a click that the old event has under a name of its own. */
const mapped: ReadonlySet<string> = new Set([
  ...["adid", "click", "partner_data", "cb", "idfa_md5", "idfa_sha1"],
  ...advertisingNames
])

/**
 * Times are ISO 8601, in UTC and whole seconds (`2026-12-01T09:30:00+00:00`): `created_at`, and the window
 * `attr_window_from` (5 minutes before the click) to `attr_window_till` (the link's window for clicks with an advertising id
 * or without one). `idfa_comb` is the advertising id in upper case, else its MD5 (`idfa_md5`) or SHA-1 (`idfa_sha1`) in
 * lower case; `lookup_key` is the MD5 of it in lower case. `reqparams`: the click's other parameters, as one value; they
 * follow as parameters too, and one with a name of the link or of the old event becomes `click.<name>`. `now`: ms.
 */
export const adtekioClick = (
  link: CompiledLink | undefined,
  target: string,
  clicked: ByteString,
  now: number
): AdtekioClick => {
  const pieces = clicked.split("&").flatMap((piece) => (piece === "" ? [] : [piece as ByteString]))
  const sent = new Map<string, string>()
  const others: Array<string> = []
  for (const piece of pieces) {
    const [name, value] = readPair(piece, true)
    if (!sent.has(name)) sent.set(name, value)
    if (!mapped.has(name)) others.push(piece)
  }
  const adid = adidIn(sent)
  const idfa = adid ?? hashIn(sent, "idfa_md5", 32) ?? hashIn(sent, "idfa_sha1", 40)
  const { windows = { idfa: standardWindowMs, fingerprint: standardWindowMs } } = link ?? {}
  const till = now + (idfa === undefined ? windows.fingerprint : windows.idfa)
  const own: Readonly<Record<string, string | undefined>> = {
    redirect_url: target,
    campaign_link_id: link?.id,
    created_at: isoSeconds(now),
    attr_window_from: isoSeconds(now - beforeMs),
    attr_window_till: isoSeconds(till),
    ...{ adid, idfa_comb: idfa },
    click: sent.get("click")?.slice(0, maxClickCharacters),
    partner_data: sent.get("partner_data") ?? sent.get("cb"),
    reqparams: others.join("&"),
    lookup_key: idfa === undefined ? undefined : keyOfId(idfa)
  }
  const params = Object.entries(own).flatMap(([name, value]) =>
    name === "lookup_key" && value === undefined ? [] : [parameter(name, value ?? "")]
  )
  const rest = pieces.flatMap((piece) => {
    const [name] = readPair(piece, true)
    if (mapped.has(name) && oldNames.has(name)) return []
    return [isOfLink(name, link) || oldNames.has(baseOf(name)) ? `click.${piece}` : piece]
  })
  const query = [...(link === undefined || link.query === "" ? [] : [link.query]), ...params, ...rest].join(
    "&"
  )
  return {
    path: "/t/click" as ByteString,
    query: query as ByteString,
    hasLookupKey: idfa !== undefined
  }
}

const baseOf = (name: string): string => (name.split("[", 1)[0] ?? "").trim()

const adidIn = (sent: ReadonlyMap<string, string>): string | undefined => {
  for (const name of ["adid", ...advertisingNames]) {
    const id = advertisingId(sent.get(name) ?? "")
    if (id !== undefined) return id.toUpperCase()
  }
  return undefined
}

const hashIn = (sent: ReadonlyMap<string, string>, name: string, digits: number): string | undefined => {
  const hash = sent.get(name)?.trim().toLowerCase() ?? ""
  return hash.length === digits && /^[0-9a-f]+$/.test(hash) && !/^0+$/.test(hash) ? hash : undefined
}

const isoSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}+00:00`
