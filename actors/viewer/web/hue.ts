/** The colour of a name, the same on every page and in every session. */

/** The distance between two hues, degrees. */
export const hueStep = 10

/** Length of the part of a name that determines its hue, characters. */
const maxHashedLength = 64

/** The hue of a name in degrees (FNV-1a with a final mix). */
export const hueOf = (name: string): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < Math.min(name.length, maxHashedLength); index++)
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (((hash ^ (hash >>> 13)) >>> 0) % (360 / hueStep)) * hueStep
}

/** Gives the swatch that hue; undefined is the neutral colour of "all others". */
export const setHue = (swatch: HTMLElement, hue: number | undefined): void => {
  swatch.dataset.hue = hue === undefined ? "rest" : "own"
  if (hue !== undefined) swatch.style.setProperty("--hue", String(hue))
}
