/** Finds the times in a sentence. Pure. */

const time = /(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC)/

/** The text in pieces; each time as milliseconds since 1970, and what has only the look of one as it stands. */
export const splitTimes = (text) =>
  text
    .split(time)
    .filter((piece) => piece !== "")
    .map((piece) => {
      const at = time.test(piece) ? Date.parse(piece) : Number.NaN
      return Number.isNaN(at) ? piece : at
    })
