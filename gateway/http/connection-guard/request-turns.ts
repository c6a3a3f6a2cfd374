/**
 * Requests of one connection, handed on one at a time: what a client sends before it has its answer (pipelining, RFC 9112
 * §9.3.2) waits here, since Bun's server closes such a connection without any answer. Only the ends of requests and
 * answers are looked for; no byte is changed, left out or moved. What it cannot follow is handed on as it comes. Lives
 * as long as its connection.
 */
import { type Body, bodyOf, Chunks } from "./framing.ts"

/** Heads beyond this many characters are not followed. */
const maxHead = 65_536

type Following = "request head" | "request body" | "answer" | "nothing"

export class RequestTurns {
  private following: Following = "request head"
  private head = ""
  private body: Body = 0
  private isHead = false
  private answerHead = ""
  /** Bytes of the answer's body that are still to come; undefined before its head is there. */
  private answerLeft: number | undefined
  private held: Buffer | undefined

  /** Is something held back? Then no more should be read of the client. */
  get isBuffering(): boolean {
    return this.held !== undefined
  }

  /** Takes what the client sent; returns what of it may be handed on now, undefined for nothing. */
  asks(data: Buffer): Buffer | undefined {
    if (this.following === "nothing") return data
    if (this.following === "answer") return this.hold(data)
    const end = this.endOfRequest(data)
    if (end === undefined) return data
    this.following = "answer"
    if (end === data.length) return data
    this.hold(data.subarray(end))
    return data.subarray(0, end)
  }

  /** Looks at what the server answered; returns what may be handed on to it now, undefined for nothing. */
  answers(data: Buffer): Buffer | undefined {
    if (this.following === "nothing") return undefined
    // An answer to a request that is not there yet: an error, after which the server closes.
    if (this.following !== "answer") return this.giveUp()
    for (let at = 0; at < data.length; ) {
      if (this.answerLeft === undefined) {
        const next = this.readAnswerHead(data, at)
        if (next === undefined) return this.giveUp()
        at = next
      } else {
        const taken = Math.min(this.answerLeft, data.length - at)
        this.answerLeft -= taken
        at += taken
      }
      if (this.answerLeft === 0) return at === data.length ? this.nextTurn() : this.giveUp()
    }
    return undefined
  }

  private hold(data: Buffer): undefined {
    this.held = this.held === undefined ? data : Buffer.concat([this.held, data])
  }

  private giveUp(): Buffer | undefined {
    this.following = "nothing"
    return this.release()
  }

  private release(): Buffer | undefined {
    const { held } = this
    this.held = undefined
    return held
  }

  private nextTurn(): Buffer | undefined {
    this.following = "request head"
    this.head = ""
    this.answerHead = ""
    this.answerLeft = undefined
    const held = this.release()
    return held === undefined ? undefined : this.asks(held)
  }

  /** Where the present request ends in the data; undefined when it goes on. */
  private endOfRequest(data: Buffer): number | undefined {
    let at = 0
    if (this.following === "request head") {
      const before = this.head.length
      this.head += data.toString("latin1")
      // Clients may send empty lines before a request.
      const start = this.head.search(/[^\r\n]/)
      const end = start === -1 ? -1 : this.head.indexOf("\r\n\r\n", start)
      if (end === -1) {
        if (this.head.length > maxHead) this.following = "nothing"
        return undefined
      }
      const head = this.head.slice(start, end)
      const body = bodyOf(head)
      if (body === undefined) {
        this.following = "nothing"
        return undefined
      }
      this.isHead = head.startsWith("HEAD ")
      this.body = body
      this.following = "request body"
      at = end + 4 - before
    }
    return this.endOfBody(data, at)
  }

  private endOfBody(data: Buffer, at: number): number | undefined {
    if (this.body instanceof Chunks) {
      const end = this.body.end(data, at)
      if (end === "lost") this.following = "nothing"
      return typeof end === "number" ? end : undefined
    }
    const taken = Math.min(this.body, data.length - at)
    this.body -= taken
    return this.body === 0 ? at + taken : undefined
  }

  /** Where the answer's body begins in the data, or its end when the head goes on; undefined where it is not followed. */
  private readAnswerHead(data: Buffer, at: number): number | undefined {
    const before = this.answerHead.length
    this.answerHead += data.toString("latin1", at)
    const end = this.answerHead.indexOf("\r\n\r\n")
    if (end === -1) return this.answerHead.length > maxHead ? undefined : data.length
    const head = this.answerHead.slice(0, end)
    const [, status = ""] = /^HTTP\/1\.1 (\d{3})/.exec(head) ?? []
    const next = at + end + 4 - before
    this.answerHead = ""
    // 100 (Continue) and its like come before the answer itself.
    if (/^1(?!01)/.test(status)) return next
    const length = /\r\ncontent-length: *(\d+) *(?:\r\n|$)/i.exec(head)?.[1]
    const isBare = this.isHead || status === "204" || status === "304"
    if (!/^[2-5]/.test(status) || (length === undefined && !isBare)) return undefined
    this.answerLeft = isBare ? 0 : Number(length)
    return next
  }
}
