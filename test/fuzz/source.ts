/**
 * The source address of an attack: each has an address of its own on this machine, which is in the lines of its events, so
 * that lines can be attributed to attacks. Only Linux has enough loopback addresses.
 */

const hasManyAddresses = process.platform === "linux"

/** Undefined where all attacks come from the same address. */
export const sourceOf = (attack: number): string | undefined =>
  hasManyAddresses ? `127.${1 + ((attack >> 16) & 127)}.${(attack >> 8) & 255}.${attack & 255}` : undefined

/** The attack with that address; undefined for any other address. */
export const attackFrom = (address: string): number | undefined => {
  const [first = 0, second = 0, third = 0, fourth = 0] = address.split(".").map(Number)
  return hasManyAddresses && first === 127 && second > 0
    ? ((second - 1) << 16) | (third << 8) | fourth
    : undefined
}
