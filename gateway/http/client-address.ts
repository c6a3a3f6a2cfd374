/**
 * Who sent a request: the address that a header of `ADDRESS_HEADERS` names, else the socket's. Anyone can write headers,
 * so they count only when the socket's peer is a trusted proxy, and only when they hold an IP address. A proxy that passes
 * a header on as its client wrote it vouches for nothing: `ADDRESS_HEADERS` leaves such headers out.
 */
import { Buffer } from "node:buffer"
import { BlockList } from "node:net"
import { clientInHeader } from "./address-header.ts"
import { plainAddress } from "./address-text.ts"

/** The client's address, of the headers and the socket's peer. */
export type FindAddress = (headers: Headers, peer: string) => string

/** Is that address (as `plainAddress` writes it) one of ours? */
export type IsTrusted = (address: string) => boolean

/** Trusted when nothing else is set: proxies and sidecars on this very machine. */
export const loopback = "127.0.0.0/8,::1"

/** Written instead of a list when no headers are to be believed. */
export const trustNobody = "none"

/** Why a list of proxies cannot be read, as a sentence; undefined when it can. */
export const proxiesProblem = (list: string): string | undefined => {
  const bad = entriesOf(list).find((entry) => rangeOf(entry) === undefined)
  return bad === undefined ? undefined : `"${bad}" is neither an IP address nor a range like 10.0.0.0/8.`
}

/** What a list like `127.0.0.1, 10.0.0.0/8, fd00::/8` trusts; entries that cannot be read trust nobody. */
export const trustedProxies = (list: string): IsTrusted => {
  const ranges = new BlockList()
  for (const entry of entriesOf(list)) {
    const range = rangeOf(entry)
    if (range !== undefined) ranges.addSubnet(range.address, range.prefix, range.family)
  }
  const known = new Map<string, boolean>()
  return (address) => {
    const before = known.get(address)
    if (before !== undefined) return before
    const trusted = address !== "" && ranges.check(address, familyOf(address))
    if (known.size >= 10_000) known.clear()
    // A string cut out of a header keeps the whole header alive; what is remembered must not.
    known.set(Buffer.from(address, "latin1").toString("latin1"), trusted)
    return trusted
  }
}

const entriesOf = (list: string): ReadonlyArray<string> =>
  list
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "" && entry !== trustNobody)

const rangeOf = (entry: string) => {
  const [written = "", bits, ...rest] = entry.split("/")
  const address = plainAddress(written)
  const family = familyOf(address)
  const longest = family === "ipv4" ? 32 : 128
  if (address === "" || rest.length > 0) return undefined
  if (bits === undefined) return { address, prefix: longest, family }
  // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
  const prefix = Number(bits) - (family === "ipv4" && written.includes(":") ? 96 : 0)
  return /^\d{1,3}$/.test(bits) && prefix >= 0 && prefix <= longest ? { address, prefix, family } : undefined
}

const familyOf = (address: string): "ipv4" | "ipv6" => (address.includes(":") ? "ipv6" : "ipv4")

/** Is that address one of a private network, or of this machine? No public client has such an address. */
export const isPrivate: IsTrusted = trustedProxies(
  "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,100.64.0.0/10,::1,fc00::/7,fe80::/10"
)

/** The name of a header, in lower case. */
export type AddressHeader = string

/** Believed when nothing else is set. */
export const standardHeaders: ReadonlySet<AddressHeader> = new Set(["x-forwarded-for"])

/** Believed when nothing else is set and a request has no X-Forwarded-For: then no proxy has written that. */
const standInHeaders: ReadonlySet<AddressHeader> = new Set(["x-real-ip"])

/** The headers that are believed of this request. */
export const effectiveHeaders = (
  headers: Headers,
  believed: ReadonlySet<AddressHeader>
): ReadonlySet<AddressHeader> =>
  believed === standardHeaders && !headers.has("x-forwarded-for") ? standInHeaders : believed

/** Headers in which proxies and networks of proxies are known to write the client's address. */
export const knownHeaders: ReadonlyArray<AddressHeader> = [
  "x-forwarded-for",
  "forwarded",
  "x-real-ip",
  "cf-connecting-ip",
  "true-client-ip",
  "fly-client-ip",
  "fastly-client-ip",
  "x-azure-clientip",
  "x-client-ip",
  "x-cluster-client-ip",
  "x-push-ip"
]

/** The headers that a list names, in its order; undefined when it names none, or something that is no name of a header. */
export const parseHeaderNames = (list: string): ReadonlySet<AddressHeader> | undefined => {
  const names = list
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "")
  return names.length > 0 && names.every((name) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name))
    ? new Set(names)
    : undefined
}

/**
 * The client's address; `peer` is the socket's. The first believed header counts that names an address which is not ours,
 * else the first that names one at all, else the socket. Empty only when the peer is already gone.
 */
export const clientAddress = (
  headers: Headers,
  peer: string,
  isTrusted: IsTrusted,
  believed: ReadonlySet<AddressHeader> = standardHeaders
): string => {
  const socket = plainAddress(peer)
  if (!isTrusted(socket)) return socket
  let ours = ""
  for (const name of effectiveHeaders(headers, believed)) {
    const value = headers.get(name)
    if (value === null) continue
    const address = clientInHeader(name, value, isTrusted)
    if (address !== "" && !isTrusted(address)) return address
    if (ours === "") ours = address
  }
  return ours === "" ? socket : ours
}

/**
 * Does a known header, believed or not, name an address that is not ours? Then the request comes from somebody else,
 * whatever its address is believed to be: a proxy may say so in a header that nobody told us to believe.
 */
export const namesUntrustedAddress = (headers: Headers, isTrusted: IsTrusted): boolean =>
  knownHeaders.some((name) => {
    const value = headers.get(name)
    if (value === null) return false
    const address = clientInHeader(name, value, isTrusted)
    return address !== "" && !isTrusted(address)
  })
