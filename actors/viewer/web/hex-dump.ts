/** Bytes as people compare them: sixteen to a row, with their place, in hex and as text. */

/** The bytes of a base64 text. */
export const bytesOf = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))

const hex = (number, width) => number.toString(16).padStart(width, "0")

/** Rows of `place  hex  |text|`; what is no printable ASCII is a dot in the text. */
export const hexRows = (bytes) => {
  const rows = []
  for (let at = 0; at < bytes.length; at += 16) {
    const part = [...bytes.subarray(at, at + 16)]
    const codes = part.map((byte) => hex(byte, 2)).join(" ")
    const text = part.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : ".")).join("")
    rows.push(`${hex(at, 8)}  ${codes.padEnd(47)}  |${text}|`)
  }
  return rows.join("\n")
}
