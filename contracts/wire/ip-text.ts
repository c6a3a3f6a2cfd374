/** Formats the address in a record, a hexadecimal (pushtech) or decimal (adtekio) number, as text. */
import type { Dialect } from "../event.ts"

/** The address in the usual form; IPv4-mapped IPv6 (`::ffff:…`) as IPv4. Returns an invalid number unchanged. */
export const ipText = (number: string, dialect: Dialect): string => {
  const isNumber = dialect === "pushtech" ? /^[0-9a-f]{1,32}$/.test(number) : /^\d{1,39}$/.test(number)
  if (!isNumber) return number
  if (dialect === "pushtech" && number.length <= 8) return ipv4(Number.parseInt(number, 16))
  const value = BigInt(dialect === "pushtech" ? `0x${number}` : number)
  if (value >> 32n === 0n || value >> 32n === 0xffffn) return ipv4(Number(value & 0xffff_ffffn))
  if (value >> 128n !== 0n) return number
  const groups = value.toString(16).padStart(32, "0").match(/.{4}/g) ?? []
  return shorten(groups.map((group) => group.replace(/^0+(?=.)/, "")))
}

const ipv4 = (value: number): string =>
  `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`

/** The longest run of two or more zero groups becomes `::` (RFC 5952). */
const shorten = (groups: ReadonlyArray<string>): string => {
  let best = { start: 0, length: 1 }
  for (let start = 0; start < groups.length; start++) {
    let end = start
    while (groups[end] === "0") end++
    if (end - start > best.length) best = { start, length: end - start }
  }
  if (best.length < 2) return groups.join(":")
  return `${groups.slice(0, best.start).join(":")}::${groups.slice(best.start + best.length).join(":")}`
}
