/**
 * The keys under which an event looks for clicks, in order, and the part that an event has in attribution. Pure: a key that
 * is computed again is the same.
 */
import { createHash } from "node:crypto"
import type { Topic } from "../../contracts/ids.ts"
import { clicks } from "../../gateway/links/click.ts"
import { advertisingId, advertisingNames, keyOfAddress, keyOfId } from "../../gateway/links/lookup-key.ts"
import type { CountedEvent } from "../inspect/counters/counted-event.ts"

/** What an event is to the attributor: a click waits for an install; a later event belongs to an attributed device. */
export type Part = "click" | "install" | "later"

/** The type of an install. */
export const installType = "ist"

/** The part of an event; `later`: the types of later events. Undefined for one that has none. */
export const partOf = (
  event: Pick<CountedEvent, "type" | "param">,
  topic: Topic,
  later: ReadonlySet<string>
): Part | undefined => {
  const { type } = event
  if (topic === clicks)
    return (type === "click" || type === "go") && lookupKeyOf(event) !== undefined ? "click" : undefined
  if (type === installType) return "install"
  return later.has(type) ? "later" : undefined
}

/** The key under which a click waits, as the gateway wrote it. */
export const lookupKeyOf = (event: Pick<CountedEvent, "param">): string | undefined =>
  event.param("lookup_key")?.trim().toLowerCase()

/** The advertising id of an event: the first valid one of the usual parameters. */
export const adidOf = (event: Pick<CountedEvent, "param">): string | undefined => {
  for (const name of advertisingNames) {
    const id = advertisingId(event.param(name) ?? "")
    if (id !== undefined) return id
  }
  return undefined
}

/** The operating system of the event's device in lower case, in either dialect; empty when unknown. */
export const platformOf = (event: Pick<CountedEvent, "meta">): string =>
  (event.meta("platform") || event.meta("os")).toLowerCase()

/**
 * The keys of an install, the first one first: MD5 of its advertising id; MD5 of the id's SHA-1 and of its MD5, for clicks
 * that had only such a hash, of the id in upper and lower case; MD5 of `ip.platform`. An event without an advertising id, or
 * without an address (it was anonymised), has fewer, and may have none.
 */
export const candidateKeys = (
  event: Pick<CountedEvent, "param" | "meta" | "address">
): ReadonlyArray<string> => {
  const id = adidOf(event)
  const byAddress = event.address === "" ? undefined : keyOfAddress(event.address, platformOf(event))
  const byId =
    id === undefined
      ? []
      : [keyOfId(id), ...["sha1", "md5"].flatMap((way) => hashesOf(id, way).map((hash) => keyOfId(hash)))]
  return [...new Set([...byId, ...(byAddress === undefined ? [] : [byAddress])])]
}

/** The key under which later events of a device find whom it was won by; undefined without an advertising id. */
export const deviceKeyOf = (event: Pick<CountedEvent, "param">): string | undefined => {
  const id = adidOf(event)
  return id === undefined ? undefined : keyOfId(id)
}

/** Networks hash the id as their SDK writes it: in upper case on iOS, in lower case on Android. */
const hashesOf = (id: string, way: string): ReadonlyArray<string> =>
  [id.toUpperCase(), id.toLowerCase()].map((text) => createHash(way).update(text).digest("hex"))
