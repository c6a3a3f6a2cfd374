/** What an operation of the edge means and answers, as data. */
import type { ErrorCode } from "../http/errors.ts"
import type { ShapeName } from "./schemas.ts"

/** A body of that shape, or one that says what it holds. */
export type Content =
  | {
      readonly type: "application/json" | "application/x-www-form-urlencoded" | "multipart/form-data"
      readonly shape: ShapeName
    }
  | { readonly type: string; readonly holds: string }

export interface Answer {
  readonly status: number
  readonly means: string
  readonly contents?: ReadonlyArray<Content>
  /** Names of headers with what they say. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface Operation {
  readonly method: "GET" | "POST" | "DELETE"
  /** As the table of routes has it. */
  readonly path: string
  /** What stands for the `*` of the path. */
  readonly star?: string
  readonly name: string
  readonly summary: string
  /** Parameters in the query: those named, with what they say, or any. */
  readonly query?: "any" | Readonly<Record<string, string>>
  readonly body?: {
    readonly contents: ReadonlyArray<Content>
    readonly isRequired: boolean
    /** Of the first content. */
    readonly example: unknown
  }
  readonly answers: ReadonlyArray<Answer>
  /** What becomes of it: the queue gets events of it, the store of links is asked, or the gateway answers by itself. */
  readonly does: "queue" | "links" | "self"
  /** What it names may not be there. */
  readonly mayBeNotFound?: true
  /** A write key where WRITE_KEYS is set, the token of links, or nothing. */
  readonly asks?: "write key" | "token"
}

export const json = (shape: ShapeName): Content => ({ type: "application/json", shape })
export const text = (holds: string): Content => ({ type: "text/plain", holds })

export const gif = (holds: string): Content => ({ type: "image/gif", holds })

export const ok: Answer = { status: 200, means: "The queue has the event.", contents: [json("Ok")] }

/** Errors that any request may meet, one that is more than a question, and one that has a body. */
const anyErrors = ["uri-too-long", "headers-too-large"] as const
const askedErrors = ["bad-request", "too-many-requests", "unavailable"] as const
const bodyErrors = ["timeout", "too-large", "unsupported-media-type", "busy"] as const
const queueErrors = ["too-large", "busy"] as const

/** The errors of the one table that an operation may be answered with. */
export const errorsOf = ({ does, asks, body, mayBeNotFound }: Operation): ReadonlySet<ErrorCode> =>
  new Set<ErrorCode>([
    ...anyErrors,
    ...(does === "self" ? [] : askedErrors),
    ...(does === "queue" ? queueErrors : []),
    ...(body === undefined ? [] : bodyErrors),
    ...(asks === undefined ? [] : (["unauthorized"] as const)),
    ...(mayBeNotFound ? (["not-found"] as const) : [])
  ])
