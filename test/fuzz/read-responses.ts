/** Parses the responses of a server from the bytes of a connection. */
import type { Buffer } from "node:buffer"

export interface ResponseRead {
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export interface ReadResponses {
  readonly responses: ReadonlyArray<ResponseRead>
  /** Bytes of an incomplete response. */
  readonly rest: number
}

/** `isHead` says whether the response at that index has no body; `isComplete` that no more data will arrive. */
export const readResponses = (
  received: Buffer,
  isHead: (index: number) => boolean,
  isComplete: boolean
): ReadResponses => {
  const responses: Array<ResponseRead> = []
  let at = 0
  for (;;) {
    const end = received.indexOf("\r\n\r\n", at)
    if (end === -1) return { responses, rest: received.length - at }
    const [first = "", ...lines] = received.toString("latin1", at, end).split("\r\n")
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? Number.NaN)
    const headers = new Map(lines.map(nameAndValue))
    const body =
      isHead(responses.length) || hasNone(status)
        ? none(end + 4)
        : bodyAt(received, end + 4, headers, isComplete)
    if (body === undefined) return { responses, rest: received.length - at }
    if (status !== 100) responses.push({ status, headers, body: body.text })
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
  isComplete: boolean
): Body | undefined => {
  if (headers.get("transfer-encoding") === "chunked") return chunksAt(received, start)
  const length = headers.get("content-length")
  if (length === undefined)
    return isComplete ? { text: received.toString("latin1", start), end: received.length } : undefined
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
