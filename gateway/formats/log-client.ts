/**
 * Parses the part of a server log's line before its time:
 *
 *     client identity user                  common, combined
 *     host:port client identity user        vhost_combined
 *     client, proxy proxy identity user     forwarded-for first, with or without the server's own peer after it
 *     client - proxy - user                 the same, as nginx is often configured
 *
 * Words are separated by any number of spaces. A user name may contain spaces and is chosen by the client, so an address
 * in the place of a user name never counts.
 */
import { plainAddress, readAddress } from "../http/address-text.ts"
import type { IsTrusted } from "../http/client-address.ts"
import { hostOf } from "../http/host.ts"

export interface LogClient {
  /** The virtual host without its port; empty when the line has none. */
  readonly host: string
  readonly address: string
  /** Empty when the line has `-`. */
  readonly user: string
}

export const noAddress = "an IP address at the start, or after the name of a virtual host"
const noUser = "identity and user after the address"
const manyAddresses =
  "the address of one client, but the line has several: add your proxies to TRUSTED_PROXIES"

/** What was expected. */
export type LogClientProblem = typeof noAddress | typeof noUser | typeof manyAddresses

/** `isProxy` says whether an address belongs to a proxy. */
export const readLogClient = (text: string, isProxy: IsTrusted): LogClient | LogClientProblem => {
  const words = wordsOf(text)
  const host = isHostBefore(words) ? words[0] : undefined
  let at = skipAbsent(words, host === undefined ? 0 : 1)
  const groups: Array<Array<string>> = []
  let isList = false
  for (; ; at++) {
    const hops = hopsOf(words[at])
    if (hops === undefined) break
    if (isList) groups.at(-1)?.push(...hops)
    else groups.push([...hops])
    isList = words[at]?.endsWith(",") === true
  }
  if (groups.length === 0 || (isList && words[at] !== "-")) return noAddress

  const proxies = hopsBetweenDashes(words, at)
  if (proxies === undefined && !isIdentity(words[at])) return noUser
  at += proxies === undefined ? 1 : 3
  const user = userAt(text, words, at)
  if (user === undefined) return noUser

  const address = proxies === undefined ? clientOf(groups, isProxy) : clientBefore(groups, proxies, isProxy)
  if (address === undefined) return manyAddresses
  return { host: (host === undefined ? undefined : hostOf(host)) ?? "", address, user }
}

const word = /"[^"]*"(?= |$)|[^ ]+/g

/** Quoted text is one word. */
const wordsOf = (text: string): ReadonlyArray<string> =>
  text.includes('"') || text.includes("  ") ? (text.match(word) ?? []) : text.split(" ")

/** The addresses of a word like `8.8.8.8,10.0.0.1`, also in quotes; undefined for any other word. */
const hopsOf = (word: string | undefined): ReadonlyArray<string> | undefined => {
  if (word === undefined || word === "-") return undefined
  const plain = plainAddress(word)
  if (plain !== "") return [plain]
  const isQuoted = word.length > 1 && word.startsWith('"') && word.endsWith('"')
  const written = (isQuoted ? word.slice(1, -1) : word).split(",").filter((hop) => hop.trim() !== "")
  const hops = written.map(readAddress)
  return hops.length === 0 || hops.includes("") ? undefined : hops
}

const hostName = /^(?!-$)[\w.*\x80-\xff-]+(:\d{1,5})?$/
const addressWithServerPort = /^(?:[\d.]+|\[.+\]):(\d{1,3})$/

/** Whether the first word is a virtual host. A client's address has no port below 1,024. */
const isHostBefore = ([first = "", second, third]: ReadonlyArray<string>): boolean => {
  if (!first.includes(":") && plainAddress(first) !== "") return false
  const named = (readAddress(first) === "" ? hostName : addressWithServerPort).exec(first)
  if (named === null) return false
  // Without a port it may be a client's name, followed by a user's.
  return (
    hopsOf(second) !== undefined || (second === "-" && named[1] !== undefined && hopsOf(third) !== undefined)
  )
}

/** The index of the first address: after the `-` of a request without a forwarding proxy. */
const skipAbsent = (words: ReadonlyArray<string>, at: number): number => {
  if (words[at] !== "-") return at
  if (hopsOf(words[at + 1]) !== undefined) return at + 1
  return words[at + 1] === "-" && words[at + 3] === "-" && words.length > at + 4 ? at + 2 : at
}

/** The addresses in `- 10.0.0.1 - bob`. */
const hopsBetweenDashes = (words: ReadonlyArray<string>, at: number): ReadonlyArray<string> | undefined =>
  words[at] === "-" && words[at + 2] === "-" && words.length > at + 3 ? hopsOf(words[at + 1]) : undefined

const isIdentity = (word: string | undefined): boolean => word !== undefined && /^[^,()[\]{}"]+$/.test(word)

/** The user name from that word on; empty when it is absent or the server's own peer; undefined when it is invalid. */
const userAt = (text: string, words: ReadonlyArray<string>, at: number): string | undefined => {
  const user = words[at]
  if (user === undefined) return undefined
  if (at + 1 >= words.length || words[at + 1] === "") {
    return user === "-" || user === '""' || user === '"-"' || hopsOf(user) !== undefined ? "" : user
  }
  if (words.slice(at).some((one) => one === "-" || hopsOf(one) !== undefined)) return undefined
  const start = [...text.matchAll(word)][at]?.index
  return start === undefined ? undefined : text.slice(start).trimEnd()
}

const untrustedIn = (hops: ReadonlyArray<string>, isProxy: IsTrusted): string | undefined =>
  hops.findLast((hop) => !isProxy(hop))

/** The only address that is not a proxy's (the rightmost of each list); the first if all are proxies; undefined for several. */
const clientOf = (groups: ReadonlyArray<ReadonlyArray<string>>, isProxy: IsTrusted): string | undefined => {
  const [first, second] = groups
  if (second === undefined && first?.length === 1) return first[0]
  const clients = new Set(groups.flatMap((hops) => untrustedIn(hops, isProxy) ?? []))
  const [client] = clients
  return clients.size > 1 ? undefined : (client ?? groups[0]?.[0])
}

/** The client of `client - proxy - user`. A user name may imitate this form, so an address after the dash never counts. */
const clientBefore = (
  groups: ReadonlyArray<ReadonlyArray<string>>,
  proxies: ReadonlyArray<string>,
  isProxy: IsTrusted
): string | undefined => {
  const isClear = groups.some((hops) => untrustedIn(hops, isProxy) !== undefined)
  return isClear || untrustedIn(proxies, isProxy) === undefined ? clientOf(groups, isProxy) : undefined
}
