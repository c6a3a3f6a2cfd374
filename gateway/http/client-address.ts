/**
 * The client's address: from a header of `ADDRESS_HEADERS`, otherwise from the socket. Clients can forge headers, so a
 * header counts only when the socket's peer is a trusted proxy and the header contains an IP address. Headers that the
 * proxy passes on unchanged must not be in `ADDRESS_HEADERS`.
 */
import { Buffer } from "node:buffer"
import { BlockList } from "node:net"
import { clientInHeader } from "./address-header.ts"
import { plainAddress } from "./address-text.ts"

/** Finds the client's address from the headers and the socket's peer. */
export type FindAddress = (headers: Headers, peer: string) => string

/** Whether that address (as `plainAddress` writes it) is a trusted proxy. */
export type IsTrusted = (address: string) => boolean

/** Trusted by default: proxies and sidecars on this machine. */
export const loopback = "127.0.0.0/8,::1"

/** The value of TRUSTED_PROXIES that trusts no proxy. */
export const trustNobody = "none"

/** What is wrong with a list of proxies, as a sentence; undefined for a valid list. */
export const proxiesProblem = (list: string): string | undefined => {
  const bad = entriesOf(list).find((entry) => rangeOf(entry) === undefined)
  return bad === undefined ? undefined : `"${bad}" is neither an IP address nor a range like 10.0.0.0/8.`
}

/** Checks addresses against a list like `127.0.0.1, 10.0.0.0/8, fd00::/8`; invalid entries match no address. */
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
    // A substring of a header keeps the whole header alive, so the cache stores a copy.
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
  const maxPrefix = family === "ipv4" ? 32 : 128
  if (address === "" || rest.length > 0) return undefined
  if (bits === undefined) return { address, prefix: maxPrefix, family }
  // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
  const prefix = Number(bits) - (family === "ipv4" && written.includes(":") ? 96 : 0)
  return /^\d{1,3}$/.test(bits) && prefix >= 0 && prefix <= maxPrefix
    ? { address, prefix, family }
    : undefined
}

const familyOf = (address: string): "ipv4" | "ipv6" => (address.includes(":") ? "ipv6" : "ipv4")

/** Whether an address is private or this machine's. No public client has such an address. */
export const isPrivate: IsTrusted = trustedProxies(
  "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,100.64.0.0/10,::1,fc00::/7,fe80::/10"
)

/** The name of a header, in lower case. */
export type AddressHeader = string

/** The default of ADDRESS_HEADERS. */
export const standardHeaders: ReadonlySet<AddressHeader> = new Set(["x-forwarded-for"])

/** Used instead of the default when a request has no X-Forwarded-For, because then no proxy wrote that header. */
const fallbackHeaders: ReadonlySet<AddressHeader> = new Set(["x-real-ip"])

/** The headers that count for this request. */
export const effectiveHeaders = (
  headers: Headers,
  addressHeaders: ReadonlySet<AddressHeader>
): ReadonlySet<AddressHeader> =>
  addressHeaders === standardHeaders && !headers.has("x-forwarded-for") ? fallbackHeaders : addressHeaders

/** Headers in which well-known proxies and CDNs write the client's address. */
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

/** Parses a list of header names, in order; undefined for an empty list or an invalid name. */
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
 * The client's address; `peer` is the socket's address. The first configured header with an untrusted address counts,
 * otherwise the first with any address, otherwise the socket. Empty only when the peer has disconnected.
 */
export const clientAddress = (
  headers: Headers,
  peer: string,
  isTrusted: IsTrusted,
  addressHeaders: ReadonlySet<AddressHeader> = standardHeaders
): string => {
  const socket = plainAddress(peer)
  if (!isTrusted(socket)) return socket
  let proxy = ""
  for (const name of effectiveHeaders(headers, addressHeaders)) {
    const value = headers.get(name)
    if (value === null) continue
    const address = clientInHeader(name, value, isTrusted)
    if (address !== "" && !isTrusted(address)) return address
    if (proxy === "") proxy = address
  }
  return proxy === "" ? socket : proxy
}

/**
 * Whether any known header, configured or not, has an untrusted address. Then the request comes from another client,
 * whatever the configured headers say: the proxy may use a header that ADDRESS_HEADERS does not list.
 */
export const namesUntrustedAddress = (headers: Headers, isTrusted: IsTrusted): boolean =>
  knownHeaders.some((name) => {
    const value = headers.get(name)
    if (value === null) return false
    const address = clientInHeader(name, value, isTrusted)
    return address !== "" && !isTrusted(address)
  })
