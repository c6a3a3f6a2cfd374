/**
 * Recognises regular expressions that may take exponential time: a repetition without limit around a group that itself
 * contains one, like `(a+)+`. Values come from clients, so such an expression could stop the reactor. Pure.
 */

/** The source of a valid regular expression. */
export const isSlowPattern = (source: string): boolean => {
  /** For each open group: does it contain a repetition without limit? */
  const groups: Array<boolean> = [false]
  let isClass = false
  for (let at = 0; at < source.length; at++) {
    const char = source[at]
    if (char === "\\") at += 1
    else if (isClass) isClass = char !== "]"
    else if (char === "[") isClass = true
    else if (char === "(") groups.push(false)
    else if (char === ")") {
      const repeats = groups.pop() ?? false
      if (repeats && isRepeated(source, at + 1)) return true
      if (repeats) groups[groups.length - 1] = true
    }
    if (char !== "(" && !isClass && isRepeated(source, at + 1)) groups[groups.length - 1] = true
  }
  return false
}

/** Is what ends before that place repeated more than a few times? */
const isRepeated = (source: string, at: number): boolean => {
  if (source[at] === "*" || source[at] === "+") return true
  const [, least, comma, most] = /^\{(\d+)(,?)(\d*)\}/.exec(source.slice(at, at + 24)) ?? []
  if (least === undefined) return false
  return comma === "," && most === "" ? true : Number(most || least) > 10
}
