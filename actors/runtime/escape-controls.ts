/**
 * Escapes control characters in text from outside (host names, error messages of servers, names in lines), so that it
 * cannot send escape sequences to a terminal: those move the cursor, rename the window or hide text. Pure.
 */

/** ASCII and Latin-1 controls (either can begin an escape sequence), line separators, and text direction marks. */
const controls = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu

const escaped = (char: string): string => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`

/** The text with each control except tab and line end as `\uNNNN`. Lines after the first are indented, so that none resembles a log entry. */
export const inertText = (text: string): string =>
  text
    .replaceAll("\r\n", "\n")
    .replace(controls, (char) => (char === "\n" || char === "\t" ? char : escaped(char)))
    .replaceAll("\n", "\n  ")

/** The same JSON value, with the control characters that JSON allows unescaped written as `\uNNNN`. */
export const inertJson = (json: string): string => json.replace(controls, escaped)
