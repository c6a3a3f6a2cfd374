/**
 * Forwards the requests of one connection one at a time: requests that a client sends before the previous response
 * (pipelining, RFC 9112 §9.3.2) are buffered here, because Bun's server closes such a connection without a response. It
 * only searches for the ends of requests and responses; no byte is changed, dropped or reordered. Data that it cannot
 * parse is forwarded immediately. Lives as long as its connection.
 */
import { type Body, bodyOf, Chunks } from "./framing.ts"

/** Longer heads are not parsed, characters. */
const maxHeadLength = 65_536

/** What is parsed now; after "nothing" everything is forwarded. */
type Parsing = "request head" | "request body" | "response" | "nothing"

export class RequestTurns {
  private parsing: Parsing = "request head"
  private head = ""
  private body: Body = 0
  private isHead = false
  private responseHead = ""
  /** The remaining bytes of the response's body; undefined before its head is complete. */
  private responseLeft: number | undefined
  private buffered: Buffer | undefined

  /** Data of the client is buffered; the caller should read no more from the client. */
  get isBuffering(): boolean {
    return this.buffered !== undefined
  }

  /** Takes data of the client; returns the part to forward now, undefined for none. */
  fromClient(data: Buffer): Buffer | undefined {
    if (this.parsing === "nothing") return data
    if (this.parsing === "response") return this.buffer(data)
    const end = this.endOfRequest(data)
    if (end === undefined) return data
    this.parsing = "response"
    if (end === data.length) return data
    this.buffer(data.subarray(end))
    return data.subarray(0, end)
  }

  /** Parses data of the server; returns buffered data to forward to it now, undefined for none. */
  fromServer(data: Buffer): Buffer | undefined {
    if (this.parsing === "nothing") return undefined
    // A response before the request is complete: an error, after which the server closes.
    if (this.parsing !== "response") return this.stopParsing()
    for (let at = 0; at < data.length; ) {
      if (this.responseLeft === undefined) {
        const next = this.readResponseHead(data, at)
        if (next === undefined) return this.stopParsing()
        at = next
      } else {
        const read = Math.min(this.responseLeft, data.length - at)
        this.responseLeft -= read
        at += read
      }
      if (this.responseLeft === 0) return at === data.length ? this.nextTurn() : this.stopParsing()
    }
    return undefined
  }

  private buffer(data: Buffer): undefined {
    this.buffered = this.buffered === undefined ? data : Buffer.concat([this.buffered, data])
  }

  private stopParsing(): Buffer | undefined {
    this.parsing = "nothing"
    return this.release()
  }

  private release(): Buffer | undefined {
    const { buffered } = this
    this.buffered = undefined
    return buffered
  }

  private nextTurn(): Buffer | undefined {
    this.parsing = "request head"
    this.head = ""
    this.responseHead = ""
    this.responseLeft = undefined
    const buffered = this.release()
    return buffered === undefined ? undefined : this.fromClient(buffered)
  }

  /** The position where the current request ends in the data; undefined when it continues. */
  private endOfRequest(data: Buffer): number | undefined {
    let at = 0
    if (this.parsing === "request head") {
      const before = this.head.length
      this.head += data.toString("latin1")
      // Empty lines before a request are allowed.
      const start = this.head.search(/[^\r\n]/)
      const end = start === -1 ? -1 : this.head.indexOf("\r\n\r\n", start)
      if (end === -1) {
        if (this.head.length > maxHeadLength) this.parsing = "nothing"
        return undefined
      }
      const head = this.head.slice(start, end)
      const body = bodyOf(head)
      if (body === undefined) {
        this.parsing = "nothing"
        return undefined
      }
      this.isHead = head.startsWith("HEAD ")
      this.body = body
      this.parsing = "request body"
      at = end + 4 - before
    }
    return this.endOfBody(data, at)
  }

  private endOfBody(data: Buffer, at: number): number | undefined {
    if (this.body instanceof Chunks) {
      const end = this.body.end(data, at)
      if (end === "malformed") this.parsing = "nothing"
      return typeof end === "number" ? end : undefined
    }
    const taken = Math.min(this.body, data.length - at)
    this.body -= taken
    return this.body === 0 ? at + taken : undefined
  }

  /** The start of the response's body in the data, or the data's end when the head continues; undefined when malformed. */
  private readResponseHead(data: Buffer, at: number): number | undefined {
    const before = this.responseHead.length
    this.responseHead += data.toString("latin1", at)
    const end = this.responseHead.indexOf("\r\n\r\n")
    if (end === -1) return this.responseHead.length > maxHeadLength ? undefined : data.length
    const head = this.responseHead.slice(0, end)
    const [, status = ""] = /^HTTP\/1\.1 (\d{3})/.exec(head) ?? []
    const next = at + end + 4 - before
    this.responseHead = ""
    // 100 (Continue) and other interim responses come before the final one.
    if (/^1(?!01)/.test(status)) return next
    const length = /\r\ncontent-length: *(\d+) *(?:\r\n|$)/i.exec(head)?.[1]
    const hasNoBody = this.isHead || status === "204" || status === "304"
    if (!/^[2-5]/.test(status) || (length === undefined && !hasNoBody)) return undefined
    this.responseLeft = hasNoBody ? 0 : Number(length)
    return next
  }
}
