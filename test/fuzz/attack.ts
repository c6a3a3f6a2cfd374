/** An attack: the bytes that the fuzzer sends over one connection, and the events that they may become. */
import { Buffer } from "node:buffer"
import type { Random } from "../faults/random.ts"

/** One request of an attack, in order. */
export interface AttackRequest {
  /** The maximum number of events it may become; 0 for a request that is never an event. */
  readonly events: number
  /** Its response has no body. */
  readonly isHead: boolean
}

export interface Attack {
  readonly name: string
  /** Written one after the other, with a gap in between. */
  readonly chunks: ReadonlyArray<Uint8Array>
  readonly gapMs: number
  /** After the last chunk: wait for the responses, end our side, or reset the connection. */
  readonly end: "wait" | "half-close" | "cut"
  /**
   * Its requests, when every server must parse them alike: each response then says exactly what happened to its events.
   * Undefined when the bytes are ambiguous: they may become at most `max` events.
   */
  readonly requests: ReadonlyArray<AttackRequest> | undefined
  readonly max: number
  /** Some requests may get no response: the exchange ends when the server is silent. */
  readonly mayGoUnanswered: boolean
}

export type MakeAttack = (random: Random) => Attack

export const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1")
export const utf8 = (text: string): Uint8Array => Buffer.from(text, "utf8")

export interface RequestParts {
  readonly method?: string
  readonly target: string
  /** Each with its name, without a line break. */
  readonly headers?: ReadonlyArray<string>
  readonly body?: Uint8Array
  readonly type?: string
}

/** The bytes of a valid request, with Host and Content-Length. */
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

/** One request that every server parses alike, and the maximum number of events it may become. */
export const plainAttack = (name: string, parts: RequestParts, events = 1): Attack => ({
  name,
  chunks: [requestBytes(parts)],
  gapMs: 0,
  end: "wait",
  requests: [{ events, isHead: parts.method === "HEAD" }],
  max: events,
  mayGoUnanswered: false
})

/** Ambiguous or invalid bytes. */
export const wildAttack = (
  name: string,
  chunks: ReadonlyArray<Uint8Array>,
  more: Partial<Pick<Attack, "requests" | "end" | "max">> = {}
): Attack => ({
  name,
  chunks,
  gapMs: 0,
  end: "wait",
  requests: undefined,
  max: 1,
  mayGoUnanswered: true,
  ...more
})
