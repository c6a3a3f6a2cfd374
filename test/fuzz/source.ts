/**
 * Where an attack comes from: an address of its own on this machine, which stands in the lines of its events, so that it
 * is known for each attack what became of it. Only Linux has so many.
 */

const areMany = process.platform === "linux"

/** Undefined where all attacks come from the same address. */
export const sourceOf = (attack: number): string | undefined =>
  areMany ? `127.${1 + ((attack >> 16) & 127)}.${(attack >> 8) & 255}.${attack & 255}` : undefined

/** The attack that comes from there; undefined for an address that is none's. */
export const attackFrom = (address: string): number | undefined => {
  const [first = 0, second = 0, third = 0, fourth = 0] = address.split(".").map(Number)
  return areMany && first === 127 && second > 0 ? ((second - 1) << 16) | (third << 8) | fourth : undefined
}
