/** JSON that is safe on a terminal: invisible characters are written as `\uXXXX`, which keeps the value. Pure. */

/** Everything except letters, marks, digits, punctuation, symbols and the plain space; and those of them that are invisible. */
const invisible = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|\p{DI}|\u2800/gu

/** The value as JSON on one line. */
export const inertJson = (value: unknown): string => {
  const json = JSON.stringify(value)
  return /[^ -~]/.test(json) ? json.replace(invisible, escaped) : json
}

const escaped = (char: string): string =>
  Array.from(
    { length: char.length },
    (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`
  ).join("")
