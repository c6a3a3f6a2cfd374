/** The query of a click's event: the link's parameters, the target URL, and the click's own parameters. */

import { reservedParamNames } from "../../contracts/campaign-link.ts"
import type { ByteString } from "../../contracts/event.ts"
import { readPair } from "../../contracts/wire/params.ts"
import { parameter } from "../formats/flatten-json.ts"
import type { CompiledLink } from "./compiled-link.ts"
import { advertisingId, advertisingNames, keyOfId } from "./lookup-key.ts"

export interface ClickQuery {
  readonly query: ByteString
  /** The click has an advertising id, so the query has a lookup key. */
  readonly hasLookupKey: boolean
}

/**
 * First the link's parameters and `redirect_url`, then `lookup_key` if the click has an advertising id, then the click's
 * parameters in order. A click cannot set the link's parameters: one with such a name becomes `click.<name>`. An
 * advertising id of 32 digits gets its dashes. Everything else is unchanged, byte for byte.
 */
export const clickQuery = (
  link: CompiledLink | undefined,
  target: string,
  clicked: ByteString
): ClickQuery => {
  const ids = new Map<string, string>()
  const pieces: Array<string> = []
  for (const piece of clicked.split("&")) {
    if (piece === "") continue
    const [name, value] = readPair(piece as ByteString, true)
    const id = isAdvertising(name) ? advertisingId(value) : undefined
    if (id !== undefined && !ids.has(name)) ids.set(name, id)
    const written = id === undefined || id === value ? piece : parameter(name, id)
    pieces.push(isOfLink(name, link) ? `click.${written}` : written)
  }
  const id = advertisingNames.flatMap((name) => ids.get(name) ?? [])[0]
  const own = [
    ...(link === undefined || link.query === "" ? [] : [link.query]),
    parameter("redirect_url", target),
    ...(id === undefined ? [] : [parameter("lookup_key", keyOfId(id))])
  ]
  return { query: [...own, ...pieces].join("&") as ByteString, hasLookupKey: id !== undefined }
}

const advertising: ReadonlySet<string> = new Set(advertisingNames)
const isAdvertising = (name: string): boolean => advertising.has(name)

/** `campaign[x]` counts as `campaign`: many parsers treat both as one parameter. */
export const isOfLink = (name: string, link: CompiledLink | undefined): boolean => {
  const bracket = name.indexOf("[")
  const base = (bracket === -1 ? name : name.slice(0, bracket)).trim()
  return reservedParamNames.has(base) || link?.names.has(base) === true
}
