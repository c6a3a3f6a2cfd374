/** The query of a click's event: what the link says, where it led, and what the click itself brought. */

import { ownNames } from "../../contracts/campaign-link.ts"
import type { ByteString } from "../../contracts/event.ts"
import { readPair } from "../../contracts/wire/params.ts"
import { parameter } from "../formats/flatten-json.ts"
import type { CompiledLink } from "./compiled-link.ts"
import { advertisingId, advertisingNames, keyOfId } from "./lookup-key.ts"

export interface ClickQuery {
  readonly query: ByteString
  /** An advertising id was in it, so the lookup key is too. */
  readonly isKeyed: boolean
}

/**
 * First what the link says and `redirect_url`, then `lookup_key` if the click has an advertising id, then the click's
 * parameters in their order. Nobody may speak for the link: a parameter of the click that has a name of the link's comes
 * as `click.<name>`. An advertising id of 32 digits gets its dashes. All else is as the click had it, byte for byte.
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
  return { query: [...own, ...pieces].join("&") as ByteString, isKeyed: id !== undefined }
}

const advertising: ReadonlySet<string> = new Set(advertisingNames)
const isAdvertising = (name: string): boolean => advertising.has(name)

/** `campaign[x]` counts as `campaign`: many who read parameters make one thing of both. */
const isOfLink = (name: string, link: CompiledLink | undefined): boolean => {
  const bracket = name.indexOf("[")
  const base = (bracket === -1 ? name : name.slice(0, bracket)).trim()
  return ownNames.has(base) || link?.names.has(base) === true
}
