/** Globs of event types and topics: `*` is any text, `?` any one character. Pure. */

/** Does the text contain a wildcard? */
export const isGlob = (text: string): boolean => /[*?]/.test(text)

/** Does a text match the glob? Without wildcards: is it the same text? Takes linear time for each `*`. */
export const globMatcher = (glob: string): ((text: string) => boolean) => {
  if (!isGlob(glob)) return (text) => text === glob
  return (text) => matches(glob, text)
}

const matches = (glob: string, text: string): boolean => {
  let [g, t, star, mark] = [0, 0, -1, 0]
  while (t < text.length) {
    if (glob[g] === "*") {
      star = g
      mark = t
      g += 1
    } else if (g < glob.length && (glob[g] === "?" || glob[g] === text[t])) {
      g += 1
      t += 1
    } else if (star >= 0) {
      g = star + 1
      mark += 1
      t = mark
    } else return false
  }
  while (glob[g] === "*") g += 1
  return g === glob.length
}
