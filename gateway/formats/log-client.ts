/**
 * What stands before the time in a line of a server log:
 *
 *     client identity user                  common, combined
 *     host:port client identity user        vhost_combined
 *     client, proxy proxy identity user     forwarded-for first, with or without the server's own peer behind it
 *     client - proxy - user                 the same, as nginx is often told to write it
 *
 * Words are separated by any number of spaces. A user may hold spaces, and is chosen by the client: so no address that
 * stands where a user may stand is believed.
 */
import { plainAddress, readAddress } from "../http/address-text.ts"
import type { IsTrusted } from "../http/client-address.ts"
import { hostOf } from "../http/host.ts"

export interface LogClient {
  /** The virtual host, without its port; empty where the line has none. */
  readonly host: string
  readonly address: string
  /** Empty where the line has `-`. */
  readonly user: string
}

export const noAddress = "an IP address first, or behind the name of a virtual host"
const noUser = "identity and user behind the address"
const manyAddresses = "one client's address, but there are several: name your proxies in TRUSTED_PROXIES"

/** What was expected where a line goes on differently. */
export type LogClientProblem = typeof noAddress | typeof noUser | typeof manyAddresses

/** `isProxy`: no client has that address, but a proxy. */
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

/** What is in quotes is one word. */
const wordsOf = (text: string): ReadonlyArray<string> =>
  text.includes('"') || text.includes("  ") ? (text.match(word) ?? []) : text.split(" ")

/** The addresses of a word like `8.8.8.8,10.0.0.1`, also in quotes; undefined where it holds anything else. */
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

/** Is the first word a virtual host? A client's address has no port below 1,024. */
const isHostBefore = ([first = "", second, third]: ReadonlyArray<string>): boolean => {
  if (!first.includes(":") && plainAddress(first) !== "") return false
  const named = (readAddress(first) === "" ? hostName : addressWithServerPort).exec(first)
  if (named === null) return false
  // Without a port this may be a client's name, and what stands behind it a user's.
  return (
    hopsOf(second) !== undefined || (second === "-" && named[1] !== undefined && hopsOf(third) !== undefined)
  )
}

/** Where the addresses begin: behind the `-` of a request that was forwarded by nobody. */
const skipAbsent = (words: ReadonlyArray<string>, at: number): number => {
  if (words[at] !== "-") return at
  if (hopsOf(words[at + 1]) !== undefined) return at + 1
  return words[at + 1] === "-" && words[at + 3] === "-" && words.length > at + 4 ? at + 2 : at
}

/** The addresses in `- 10.0.0.1 - bob`. */
const hopsBetweenDashes = (words: ReadonlyArray<string>, at: number): ReadonlyArray<string> | undefined =>
  words[at] === "-" && words[at + 2] === "-" && words.length > at + 3 ? hopsOf(words[at + 1]) : undefined

const isIdentity = (word: string | undefined): boolean => word !== undefined && /^[^,()[\]{}"]+$/.test(word)

/** The user from that word on; empty where it is absent, or is the server's own peer; undefined where it is no user. */
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

const strangerIn = (hops: ReadonlyArray<string>, isProxy: IsTrusted): string | undefined =>
  hops.findLast((hop) => !isProxy(hop))

/** The one address that is not ours, of a list the rightmost; where all are ours, the first. */
const clientOf = (groups: ReadonlyArray<ReadonlyArray<string>>, isProxy: IsTrusted): string | undefined => {
  const [first, second] = groups
  if (second === undefined && first?.length === 1) return first[0]
  const strangers = new Set(groups.flatMap((hops) => strangerIn(hops, isProxy) ?? []))
  const [stranger] = strangers
  return strangers.size > 1 ? undefined : (stranger ?? groups[0]?.[0])
}

/** The client of `client - proxy - user`: a user can write the like, so what stands behind the dash never counts. */
const clientBefore = (
  groups: ReadonlyArray<ReadonlyArray<string>>,
  proxies: ReadonlyArray<string>,
  isProxy: IsTrusted
): string | undefined => {
  const isClear = groups.some((hops) => strangerIn(hops, isProxy) !== undefined)
  return isClear || strangerIn(proxies, isProxy) === undefined ? clientOf(groups, isProxy) : undefined
}
