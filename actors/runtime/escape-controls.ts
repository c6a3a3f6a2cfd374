/**
 * Text that a terminal only shows: what peers wrote (host names of clusters, reasons of servers, names in lines) may hold
 * escape sequences that move the cursor, rename the window or hide what stands before them. Keeps no state.
 */

/** Controls of ASCII and of Latin-1 (both begin escape sequences), line separators, and what turns the direction of text. */
const controls = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu

const escaped = (char: string): string => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`

/** The text with every control but tabs and line ends written as `\uNNNN`; further lines are indented, so that none poses as an entry. */
export const inertText = (text: string): string =>
  text
    .replaceAll("\r\n", "\n")
    .replace(controls, (char) => (char === "\n" || char === "\t" ? char : escaped(char)))
    .replaceAll("\n", "\n  ")

/** JSON with the controls that JSON lets stand written as `\uNNNN`: the same value. */
export const inertJson = (json: string): string => json.replace(controls, escaped)
