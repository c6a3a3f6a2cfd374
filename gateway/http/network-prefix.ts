/** The network of an address: the unit that limits per address count. */
import { parseIp } from "../../contracts/wire/ip.ts"

/**
 * An IPv4 address itself; the first 64 bits of an IPv6 address, because one customer gets at least a /64. Empty for an
 * invalid address. Always a new string, so that it does not keep a header in memory.
 */
export const networkOf = (address: string): string => {
  const parsed = parseIp(address)
  if (parsed === undefined) return ""
  if (typeof parsed === "number") return String(parsed)
  const [a = 0, b = 0, c = 0, d = 0] = parsed
  return `${a.toString(16)}:${b.toString(16)}:${c.toString(16)}:${d.toString(16)}`
}
