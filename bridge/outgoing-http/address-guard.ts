/**
 * Which addresses a call of a rule may reach: public ones, and those that WEBHOOK_ALLOW names. Everything else is refused:
 * private, loopback, link-local, metadata, multicast, reserved, and IPv6 addresses with such an IPv4 address in them. Pure.
 */
import { BlockList, isIP, isIPv4 } from "node:net"
import { Failure } from "../../contracts/failure.ts"

/** IPv4 blocks that are not public, by the IANA registry of special-purpose addresses, with their length. */
const refusedIpv4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  // Of the public addresses, but each machine of Azure gets its credentials there.
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4]
] as const

/** Within 2000::/3: Teredo, benchmarking, ORCHID, documentation, 6to4 (which holds an IPv4 address nobody routes), SRv6. */
const refusedIpv6 = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20]
] as const

/** The only IPv6 blocks that can be public: global unicast, and NAT64 of a public IPv4 address. */
const publicIpv6 = [
  ["2000::", 3],
  ["64:ff9b::", 96]
] as const

/** The addresses at which clouds keep credentials: a name in WEBHOOK_ALLOW does not open them, only the address itself. */
const metadataIpv4 =
  "169.254.169.254 169.254.170.2 169.254.170.23 100.100.100.200 168.63.129.16 192.0.0.192".split(" ")
const metadataIpv6 = ["fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fe80::a9fe:a9fe"]

/** IPv6 blocks that hold an IPv4 address: NAT64, and the notation of IPv4 in IPv6. */
const aroundIpv4 = ["64:ff9b::", "::ffff:"]

const refused = new BlockList()
for (const [block, length] of refusedIpv4) {
  refused.addSubnet(block, length, "ipv4")
  refused.addSubnet(`64:ff9b::${block}`, 96 + length, "ipv6")
}
for (const [block, length] of refusedIpv6) refused.addSubnet(block, length, "ipv6")

const open = new BlockList()
for (const [block, length] of publicIpv6) open.addSubnet(block, length, "ipv6")

const metadata = new BlockList()
for (const address of metadataIpv6) metadata.addAddress(address, "ipv6")
for (const address of metadataIpv4) {
  metadata.addAddress(address, "ipv4")
  for (const block of aroundIpv4) metadata.addAddress(`${block}${address}`, "ipv6")
}

const familyOf = (address: string): "ipv4" | "ipv6" => (isIPv4(address) ? "ipv4" : "ipv6")

/** What WEBHOOK_ALLOW names. */
export interface AllowList {
  readonly addresses: BlockList
  /** Host names in lower case, without a dot at the end. */
  readonly names: ReadonlySet<string>
}

/** Whether a call to `host` (a name or an address, as in a URL) may connect to `address`. */
export const isAllowed = (host: string, address: string, { addresses, names }: AllowList): boolean => {
  // A zone names an interface of this machine: only link-local addresses have one.
  if (isIP(address) === 0 || address.includes("%")) return false
  const family = familyOf(address)
  if (addresses.check(address, family)) return true
  if (names.has(nameOf(host)) && !metadata.check(address, family)) return true
  return family === "ipv4"
    ? !refused.check(address, family)
    : open.check(address, family) && !refused.check(address, family)
}

/** A host name as it is compared. */
const nameOf = (host: string): string => host.toLowerCase().replace(/\.$/, "")

const namePattern = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*$/

/**
 * Reads addresses, CIDR blocks and host names, separated by commas. Throws `Failure` "misconfigured" with a sentence.
 *
 * @example
 * readAllowList("10.1.0.0/16, fd12::7, storage.internal")
 */
export const readAllowList = (text: string): AllowList => {
  const addresses = new BlockList()
  const names = new Set<string>()
  for (const part of text.split(",").map((one) => one.trim())) {
    if (part === "") continue
    const [address = "", length, ...more] = part.split("/")
    const bits = isIP(address) === 4 ? 32 : 128
    if (isIP(address) !== 0 && length === undefined) addresses.addAddress(address, familyOf(address))
    else if (isIP(address) !== 0 && more.length === 0 && isLength(length, bits))
      addresses.addSubnet(address, Number(length), familyOf(address))
    else if (length === undefined && namePattern.test(nameOf(part)) && !/^[\d.]+$/.test(part))
      names.add(nameOf(part))
    else
      throw new Failure({
        reason: "misconfigured",
        message: `WEBHOOK_ALLOW: ${JSON.stringify(part)} is not an address, a CIDR block or a host name. Write for example 10.1.0.0/16,storage.internal.`
      })
  }
  return { addresses, names }
}

const isLength = (text: string | undefined, bits: number): boolean =>
  text !== undefined && /^\d{1,3}$/.test(text) && Number(text) <= bits
