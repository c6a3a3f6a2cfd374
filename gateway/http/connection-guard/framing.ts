/** Finds the end of an HTTP/1.1 request's body (RFC 9112 §6) by counting bytes. */

/** The remaining bytes of a body, or a chunked body. */
export type Body = number | Chunks

/** The body that follows a request's head; undefined when its end is uncertain, or the connection switches to another protocol. */
export const bodyOf = (head: string): Body | undefined => {
  if (!/^[!-~]+ [!-\xff]+ HTTP\/1\.1\r\n/.test(head) || /^CONNECT /.test(head)) return undefined
  if (/\r\nupgrade:/i.test(head)) return undefined
  const lengths = [...head.matchAll(/\r\ncontent-length:[ \t]*([^\r]*?)[ \t]*(?=\r|$)/gi)].map(
    ([, value]) => value
  )
  const codings = [...head.matchAll(/\r\ntransfer-encoding:[ \t]*([^\r]*?)[ \t]*(?=\r|$)/gi)].map(
    ([, value]) => value
  )
  if (codings.length > 0) {
    return codings.length === 1 && lengths.length === 0 && codings[0]?.toLowerCase() === "chunked"
      ? new Chunks()
      : undefined
  }
  const [length = "0"] = lengths
  return lengths.length < 2 && /^\d{1,15}$/.test(length) ? Number(length) : undefined
}

/** Maximum length of a chunk-size or trailer line, characters. */
const maxLineLength = 8_192

/** The parser of a chunked body. */
export class Chunks {
  private line = ""
  /** The remaining bytes of the chunk, including its line break. */
  private left = 0
  private isLast = false

  /** The position in the data where the body ends, from `at` on; undefined when it continues, "malformed" when it is malformed. */
  end(data: Buffer, at: number): number | "malformed" | undefined {
    for (let next = at; next < data.length; ) {
      if (this.left > 0) {
        const taken = Math.min(this.left, data.length - next)
        this.left -= taken
        next += taken
        continue
      }
      const found = data.indexOf(0x0a, next)
      const stop = found === -1 ? data.length : found + 1
      this.line += data.toString("latin1", next, stop)
      next = stop
      if (this.line.length > maxLineLength) return "malformed"
      if (found === -1) return undefined
      const line = this.line
      this.line = ""
      if (this.isLast) {
        if (line === "\r\n") return next
      } else if (!this.begins(line)) return "malformed"
    }
    return undefined
  }

  private begins(line: string): boolean {
    const [, digits] = /^([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n$/i.exec(line) ?? []
    if (digits === undefined) return false
    const size = Number.parseInt(digits, 16)
    if (size === 0) this.isLast = true
    else this.left = size + 2
    return true
  }
}
