/** Finds characters of a text that are invisible or change its layout, and returns a visible mark for each. Pure. */

/** Controls, separators, formats (except joiners, which scripts and emoji need, and Arabic signs) and lone surrogates. */
const acting =
  /(?!\u200c|\u200d|[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

const controls: ReadonlyArray<string> =
  "NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(
    " "
  )

const named: ReadonlyMap<number, string> = new Map([
  [0x7f, "DEL"],
  [0xad, "SHY"],
  [0x61c, "ALM"],
  [0x200b, "ZWSP"],
  [0x200e, "LRM"],
  [0x200f, "RLM"],
  [0x2028, "LS"],
  [0x2029, "PS"],
  [0x202a, "LRE"],
  [0x202b, "RLE"],
  [0x202c, "PDF"],
  [0x202d, "LRO"],
  [0x202e, "RLO"],
  [0x2060, "WJ"],
  [0x2066, "LRI"],
  [0x2067, "RLI"],
  [0x2068, "FSI"],
  [0x2069, "PDI"],
  [0xfeff, "BOM"]
])

/** The visible replacement of a character, and its code point, such as "U+202E". */
export interface Mark {
  readonly picture: string
  readonly name: string
}

const markOf = (code: number): Mark => {
  const name = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`
  return { picture: controls[code] ?? named.get(code) ?? name, name }
}

/** The text in pieces, in order. */
export const piecesOf = (text: string): ReadonlyArray<string | Mark> => {
  const pieces: Array<string | Mark> = []
  let done = 0
  for (const { 0: found, index } of text.matchAll(acting)) {
    if (index > done) pieces.push(text.slice(done, index))
    pieces.push(markOf(found.codePointAt(0) ?? 0))
    done = index + found.length
  }
  if (done < text.length) pieces.push(text.slice(done))
  return pieces
}
