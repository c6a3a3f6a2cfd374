/** Whom an address stands for when somebody is to be held to a limit. */
import { parseIp } from "../../contracts/wire/ip.ts"

/**
 * An IPv4 address itself; of an IPv6 address its first 64 bits, since that is what one customer is given at the least.
 * Empty for what is no address. Always a string of its own, that keeps no header alive.
 */
export const networkOf = (address: string): string => {
  const parsed = parseIp(address)
  if (parsed === undefined) return ""
  if (typeof parsed === "number") return String(parsed)
  const [a = 0, b = 0, c = 0, d = 0] = parsed
  return `${a.toString(16)}:${b.toString(16)}:${c.toString(16)}:${d.toString(16)}`
}
