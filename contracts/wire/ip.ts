/**
 * IP addresses of the wire formats: a strict parser of IPv4 and IPv6 text, and the address as one number. Invalid: zones
 * (`fe80::1%eth0`; `withoutZone` removes them), leading zeros in IPv4, ports, brackets, spaces.
 */

/** IPv4 as its 32-bit number, IPv6 as its eight 16-bit groups. */
export type Address = number | ReadonlyArray<number>

const longest = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".length

/** Parses an address; undefined for any other text. */
export const parseIp = (text: string): Address | undefined => {
  if (text.length > longest) return undefined
  return text.includes(":") ? ipv6(text) : ipv4(text)
}

/** True for an IPv4 or IPv6 address. */
export const isIp = (text: string): boolean => parseIp(text) !== undefined

/**
 * The text without the zone of an IPv6 address: `fe80::1%eth0` becomes `fe80::1`. A zone names an interface of one machine
 * and has no meaning on another. Returns any other text unchanged.
 */
export const withoutZone = (text: string): string => {
  const zone = text.indexOf("%")
  const isZone = zone > 0 && zone <= longest && zone < text.length - 1
  return isZone && text.lastIndexOf(":", zone) !== -1 ? text.slice(0, zone) : text
}

/** The address as one number in lower-case hex without leading zeros; empty for any other text. */
export const ipHex = (text: string): string => {
  const address = parseIp(text)
  return address === undefined ? "" : hex(address)
}

/** The address as one decimal number (an IPv6 one has up to 39 digits); empty for any other text. */
export const ipDecimal = (text: string): string => {
  const address = parseIp(text)
  if (address === undefined) return ""
  return typeof address === "number" ? String(address) : BigInt(`0x${hex(address)}`).toString()
}

/** The IPv4 address inside an IPv4-mapped IPv6 one (`::ffff:1.2.3.4`); any other address unchanged. */
export const unmapped = (address: Address): Address => {
  if (typeof address === "number") return address
  const [a, b, c, d, e, marker, high = 0, low = 0] = address
  return a === 0 && b === 0 && c === 0 && d === 0 && e === 0 && marker === 0xffff
    ? high * 0x1_0000 + low
    : address
}

const hex = (address: Address): string => {
  if (typeof address === "number") return address.toString(16)
  let digits = ""
  for (const group of address) digits += group.toString(16).padStart(4, "0")
  return digits.replace(/^0+(?=.)/, "")
}

const ipv4 = (text: string): number | undefined => {
  let address = 0
  let part = 0
  let digits = 0
  let dots = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 46) {
      if (digits === 0 || dots === 3) return undefined
      address = address * 256 + part
      part = 0
      digits = 0
      dots++
      continue
    }
    if (code < 48 || code > 57 || (digits > 0 && part === 0)) return undefined
    part = part * 10 + code - 48
    digits++
    if (part > 255) return undefined
  }
  return dots === 3 && digits > 0 ? address * 256 + part : undefined
}

const ipv6 = (text: string): ReadonlyArray<number> | undefined => {
  const gap = text.indexOf("::")
  if (gap === -1) {
    const groups = groupsOf(text, true)
    return groups?.length === 8 ? groups : undefined
  }
  const head = gap === 0 ? [] : groupsOf(text.slice(0, gap), false)
  const tail = gap + 2 === text.length ? [] : groupsOf(text.slice(gap + 2), true)
  if (head === undefined || tail === undefined || head.length + tail.length > 7) return undefined
  while (head.length + tail.length < 8) head.push(0)
  return head.concat(tail)
}

/** `mayEndInIpv4`: the last group may be a dotted IPv4 address, which fills two groups. */
const groupsOf = (text: string, mayEndInIpv4: boolean): Array<number> | undefined => {
  const parts = text.split(":")
  const groups: Array<number> = []
  for (const [at, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16))
      continue
    }
    const embedded = mayEndInIpv4 && at === parts.length - 1 ? ipv4(part) : undefined
    if (embedded === undefined) return undefined
    groups.push(Math.floor(embedded / 0x1_0000), embedded % 0x1_0000)
  }
  return groups
}
