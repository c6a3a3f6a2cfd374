/** Masks the last bits of addresses, so that they identify a network instead of one subscriber. */
import { parseIp, unmapped } from "../../contracts/wire/ip.ts"

/** Bits that are kept of an address. */
export interface Mask {
  readonly ipv4: number
  readonly ipv6: number
}

/** Written instead of the address of an anonymised event. */
export const noAddress = "0.0.0.0"

/** Parses `24/48`; undefined for an invalid mask. */
export const maskOf = (text: string): Mask | undefined => {
  const [, four, six] = /^\s*(\d{1,2})\s*\/\s*(\d{1,3})\s*$/.exec(text) ?? []
  const mask = { ipv4: Number(four ?? 99), ipv6: Number(six ?? 999) }
  return mask.ipv4 <= 32 && mask.ipv6 <= 128 ? mask : undefined
}

/** The address with the other bits set to zero; `noAddress` for an invalid address. */
export const masked = (address: string, mask: Mask): string => {
  const parsed = parseIp(address)
  const plain = parsed === undefined ? 0 : unmapped(parsed)
  if (typeof plain === "number")
    return ipv4(Math.floor(plain / 2 ** (32 - mask.ipv4)) * 2 ** (32 - mask.ipv4))
  return plain.map((group, place) => maskedGroup(group, mask.ipv6 - place * 16).toString(16)).join(":")
}

const maskedGroup = (group: number, bits: number): number =>
  bits >= 16 ? group : bits <= 0 ? 0 : (group >> (16 - bits)) << (16 - bits)

const ipv4 = (address: number): string =>
  [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join(".")
