/** Reads the answers of a server out of the bytes that came over a connection. */
import type { Buffer } from "node:buffer"

export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export interface ReadAnswers {
  readonly answers: ReadonlyArray<Answer>
  /** What is not a whole answer (yet). */
  readonly rest: number
}

/** `isHead` says whether the answer at that place, from 0, has no body; `isOver` that nothing more will come. */
export const readAnswers = (
  received: Buffer,
  isHead: (index: number) => boolean,
  isOver: boolean
): ReadAnswers => {
  const answers: Array<Answer> = []
  let at = 0
  for (;;) {
    const end = received.indexOf("\r\n\r\n", at)
    if (end === -1) return { answers, rest: received.length - at }
    const [first = "", ...lines] = received.toString("latin1", at, end).split("\r\n")
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? Number.NaN)
    const headers = new Map(lines.map(nameAndValue))
    const body =
      isHead(answers.length) || hasNone(status) ? none(end + 4) : bodyAt(received, end + 4, headers, isOver)
    if (body === undefined) return { answers, rest: received.length - at }
    if (status !== 100) answers.push({ status, headers, body: body.text })
    at = body.end
  }
}

interface Body {
  readonly text: string
  readonly end: number
}

const none = (end: number): Body => ({ text: "", end })
const hasNone = (status: number): boolean => status < 200 || status === 204 || status === 304

const nameAndValue = (line: string): readonly [string, string] => {
  const colon = line.indexOf(":")
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

const bodyAt = (
  received: Buffer,
  start: number,
  headers: ReadonlyMap<string, string>,
  isOver: boolean
): Body | undefined => {
  if (headers.get("transfer-encoding") === "chunked") return chunksAt(received, start)
  const length = headers.get("content-length")
  if (length === undefined)
    return isOver ? { text: received.toString("latin1", start), end: received.length } : undefined
  const end = start + Number(length)
  return end > received.length ? undefined : { text: received.toString("latin1", start, end), end }
}

const chunksAt = (received: Buffer, start: number): Body | undefined => {
  let text = ""
  for (let at = start; ; ) {
    const line = received.indexOf("\r\n", at)
    if (line === -1) return undefined
    const length = Number.parseInt(received.toString("latin1", at, line), 16)
    const end = line + 2 + length
    if (end + 2 > received.length) return undefined
    if (length === 0) return { text, end: end + 2 }
    text += received.toString("latin1", line + 2, end)
    at = end + 2
  }
}
