/** Bytes as a hex dump: sixteen per row, with offset, hex and text. Pure. */

/** The bytes of a base64 text. */
export const bytesOf = (base64: string): Uint8Array =>
  Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))

const hex = (number: number, width: number): string => number.toString(16).padStart(width, "0")

/** Rows of `offset  hex  |text|`; bytes that are not printable ASCII are dots in the text. */
export const hexRows = (bytes: Uint8Array): string => {
  const rows: Array<string> = []
  for (let offset = 0; offset < bytes.length; offset += 16) {
    const row = [...bytes.subarray(offset, offset + 16)]
    const codes = row.map((byte) => hex(byte, 2)).join(" ")
    const text = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : ".")).join("")
    rows.push(`${hex(offset, 8)}  ${codes.padEnd(47)}  |${text}|`)
  }
  return rows.join("\n")
}
