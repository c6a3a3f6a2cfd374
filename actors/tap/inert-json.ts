/** JSON that steers no terminal: whatever cannot be seen stands as `\uXXXX`, so it is still the same JSON. */

/** All but letters, marks, digits, punctuation, symbols and the plain space; and what is one of these and yet unseen. */
const unseen = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|\p{DI}|\u2800/gu

/** The value as JSON on one line. */
export const inertJson = (value: unknown): string => {
  const json = JSON.stringify(value)
  return /[^ -~]/.test(json) ? json.replace(unseen, escaped) : json
}

const escaped = (char: string): string =>
  Array.from(
    { length: char.length },
    (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`
  ).join("")
