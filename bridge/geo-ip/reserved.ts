/** Detects addresses without a location: private, local, documentation, multicast and otherwise reserved ones (RFC 6890). */
import type { Address } from "../../contracts/wire/ip.ts"

const range4 = (address: string, bits: number): readonly [from: number, to: number] => {
  const from = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0)
  return [from, from + 2 ** (32 - bits) - 1]
}

const reserved4 = [
  range4("0.0.0.0", 8),
  range4("10.0.0.0", 8),
  range4("100.64.0.0", 10),
  range4("127.0.0.0", 8),
  range4("169.254.0.0", 16),
  range4("172.16.0.0", 12),
  range4("192.0.0.0", 24),
  range4("192.0.2.0", 24),
  range4("192.168.0.0", 16),
  range4("198.18.0.0", 15),
  range4("198.51.100.0", 24),
  range4("203.0.113.0", 24),
  range4("224.0.0.0", 3)
]

/** True for an address without a location. In IPv6 these are all addresses outside 2000::/3, and some inside. */
export const isReserved = (address: Address): boolean => {
  if (typeof address === "number") return reserved4.some(([from, to]) => address >= from && address <= to)
  const [first = 0, second = 0] = address
  const isUnicast = first >= 0x2000 && first <= 0x3fff
  const isDocumentation = (first === 0x2001 && second === 0x0db8) || (first === 0x3fff && second < 0x1000)
  const isProtocol = first === 0x2001 && second < 0x0200
  return !isUnicast || isDocumentation || isProtocol
}
