/** Finds the UTC times in a sentence of the server. Pure. */

const time = /(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC)/

/** The text in pieces, each time as milliseconds since 1970; an invalid time stays text. */
export const splitTimes = (text: string): ReadonlyArray<string | number> =>
  text
    .split(time)
    .filter((piece) => piece !== "")
    .map((piece) => {
      const at = time.test(piece) ? Date.parse(piece) : Number.NaN
      return Number.isNaN(at) ? piece : at
    })
