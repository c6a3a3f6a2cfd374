/** What the fuzzer sends over one connection, and what it knows of what that may become. */
import { Buffer } from "node:buffer"
import type { Random } from "../faults/random.ts"

/** One request that an attack holds, in its order. */
export interface Asked {
  /** The most events it may become; 0 for one that is never an event. */
  readonly events: number
  /** Its answer has no body. */
  readonly isHead: boolean
}

export interface Attack {
  readonly name: string
  /** Written one after the other; a gap in milliseconds lies between them. */
  readonly pieces: ReadonlyArray<Uint8Array>
  readonly gap: number
  /** What comes after the last piece: wait for the answers, end our side, or reset the connection. */
  readonly end: "wait" | "half-close" | "cut"
  /**
   * The requests it is made of, when it is known how a server must read them: each answer says exactly what became of
   * its events. Undefined when the bytes may be read in several ways: then at most `most` events come of them.
   */
  readonly asked: ReadonlyArray<Asked> | undefined
  readonly most: number
  /** Not all of its requests may be answered: who says nothing for a while has said all. */
  readonly mayBeLeft: boolean
}

export type MakeAttack = (random: Random) => Attack

export const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1")
export const utf8 = (text: string): Uint8Array => Buffer.from(text, "utf8")

export interface RequestParts {
  readonly method?: string
  readonly target: string
  /** Each with its name and without its line end. */
  readonly headers?: ReadonlyArray<string>
  readonly body?: Uint8Array
  readonly type?: string
}

/** The bytes of a request as they should be: with a Host, and the length of its body. */
export const requestBytes = ({ method, target, headers = [], body, type }: RequestParts): Uint8Array => {
  const lines = [
    `${method ?? (body === undefined ? "GET" : "POST")} ${target} HTTP/1.1`,
    "Host: trk.example.com",
    ...(type === undefined ? [] : [`Content-Type: ${type}`]),
    ...(body === undefined ? [] : [`Content-Length: ${body.byteLength}`]),
    ...headers
  ]
  const head = bytes(`${lines.join("\r\n")}\r\n\r\n`)
  return body === undefined ? head : Buffer.concat([head, body])
}

/** One request that any server reads in the same way, and the most events it may become. */
export const plainAttack = (name: string, parts: RequestParts, events = 1): Attack => ({
  name,
  pieces: [requestBytes(parts)],
  gap: 0,
  end: "wait",
  asked: [{ events, isHead: parts.method === "HEAD" }],
  most: events,
  mayBeLeft: false
})

/** Bytes that may be read in several ways. */
export const wildAttack = (
  name: string,
  pieces: ReadonlyArray<Uint8Array>,
  more: Partial<Pick<Attack, "asked" | "end" | "most">> = {}
): Attack => ({ name, pieces, gap: 0, end: "wait", asked: undefined, most: 1, mayBeLeft: true, ...more })
