/** The colour of a name, the same wherever and whenever it is seen. */

/** Colours are so many degrees apart. */
export const apart = 10

/** A hue in degrees (FNV-1a, and mixed once more). */
export const hueOf = (name) => {
  let sum = 0x811c9dc5
  for (let place = 0; place < Math.min(name.length, 64); place++)
    sum = Math.imul(sum ^ name.charCodeAt(place), 0x01000193)
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b)
  return (((sum ^ (sum >>> 13)) >>> 0) % (360 / apart)) * apart
}

/** Gives the mark that hue; undefined: that of what is left over. */
export const paint = (mark, hue) => {
  mark.dataset.hue = hue === undefined ? "rest" : "own"
  if (hue !== undefined) mark.style.setProperty("--hue", String(hue))
}
