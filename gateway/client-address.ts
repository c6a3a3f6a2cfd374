/**
 * Who sent a request: the first of `X-Push-Ip`, `X-Forwarded-For`, `X-Real-Ip` and the socket. Anyone can write
 * headers, so they count only when the socket's peer is a trusted proxy, and only when they hold an IP address. A proxy
 * that passes a header on as its client wrote it vouches for nothing: `ADDRESS_HEADERS` leaves such headers out.
 */
import { Buffer } from "node:buffer"
import { BlockList } from "node:net"
import { parseIp, unmapped } from "../contracts/wire/ip.ts"

/** Is that address (as `plainAddress` writes it) one of ours? */
export type IsTrusted = (address: string) => boolean

/** Trusted when nothing else is set: proxies and sidecars on this very machine. */
export const loopback = "127.0.0.0/8,::1"

/** Written instead of a list when no headers are to be believed. */
export const nobody = "none"

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
    .filter((entry) => entry !== "" && entry !== nobody)

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

/** The address without a zone; an IPv4-mapped one (`::ffff:1.2.3.4`) as IPv4; empty for what is not an address. */
export const plainAddress = (written: string): string => {
  const zone = written.indexOf("%")
  const text = zone === -1 ? written : written.slice(0, zone)
  const address = parseIp(text)
  if (address === undefined) return ""
  if (typeof address === "number") return text
  const plain = unmapped(address)
  return typeof plain === "number" ? dotted(plain) : text
}

const dotted = (address: number): string =>
  [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join(".")

/** The headers that can say an address, in the order in which they are asked. */
export const addressHeaders = ["x-push-ip", "x-forwarded-for", "x-real-ip"] as const

export type AddressHeader = (typeof addressHeaders)[number]

/** The headers that a list names; undefined when one of them is not among `addressHeaders`. */
export const believedHeaders = (list: string): ReadonlySet<AddressHeader> | undefined => {
  const names = list.split(",").map((name) => name.trim().toLowerCase())
  const believed = addressHeaders.filter((name) => names.includes(name))
  return names.every((name) => believed.some((one) => one === name)) ? new Set(believed) : undefined
}

const all: ReadonlySet<AddressHeader> = new Set(addressHeaders)

/** The client's address; `peer` is the socket's. Empty only when the peer is already gone. */
export const clientAddress = (
  headers: Headers,
  peer: string,
  isTrusted: IsTrusted,
  believed: ReadonlySet<AddressHeader> = all
): string => {
  const socket = plainAddress(peer)
  if (!isTrusted(socket)) return socket
  const header = (name: AddressHeader): string | null => (believed.has(name) ? headers.get(name) : null)
  return (
    single(header("x-push-ip")) ||
    forwarded(header("x-forwarded-for"), isTrusted) ||
    single(header("x-real-ip")) ||
    socket
  )
}

const single = (header: string | null): string => (header === null ? "" : plainAddress(header.trim()))

/**
 * The rightmost hop that is not ours. Each hop was written by the one to its right, so where one of them is no
 * address, those further left were not vouched for by anyone and do not count.
 */
const forwarded = (header: string | null, isTrusted: IsTrusted): string => {
  let end = header?.length ?? 0
  while (header !== null && end > 0) {
    const comma = header.lastIndexOf(",", end - 1)
    const hop = plainAddress(withoutPort(header.slice(comma + 1, end).trim()))
    if (hop === "" || !isTrusted(hop)) return hop
    end = comma
  }
  return ""
}

/** Some proxies write `1.2.3.4:5678` or `[::1]:5678`. */
const withoutPort = (hop: string): string =>
  /^\[(.*)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop
