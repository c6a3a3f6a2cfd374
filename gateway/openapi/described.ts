/** What an operation of the edge means and answers, as data. */
import type { ErrorCode } from "../errors.ts"
import type { ShapeName } from "./schemas.ts"

/** A body of that shape, or one that says what it holds. */
export type Content =
  | { readonly type: "application/json" | "application/x-www-form-urlencoded"; readonly shape: ShapeName }
  | { readonly type: string; readonly holds: string }

export interface Answer {
  readonly status: number
  readonly means: string
  readonly contents?: ReadonlyArray<Content>
  /** Names of headers with what they say. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface Described {
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
    readonly isNeeded: boolean
    /** Of the first content. */
    readonly example: unknown
  }
  readonly answers: ReadonlyArray<Answer>
  readonly errors: ReadonlyArray<ErrorCode>
  /** A write key where WRITE_KEYS is set, the token of links, or nothing. */
  readonly asks?: "write key" | "token"
}

export const json = (shape: ShapeName): Content => ({ type: "application/json", shape })
export const text = (holds: string): Content => ({ type: "text/plain", holds })

export const pixel: Content = {
  type: "image/gif",
  holds: "One transparent pixel: for a path that ends in .gif, and for clients that want images."
}

export const ok: Answer = { status: 200, means: "The queue has the event.", contents: [json("Ok")] }

/** Errors that any event may meet, on its way to the edge and on its way into the queue. */
export const eventErrors = ["bad-request", "uri-too-long", "unauthorized", "too-many-requests"] as const
export const queueErrors = ["too-large", "busy", "unavailable"] as const
export const bodyErrors = ["timeout", "unsupported-media-type", ...queueErrors] as const
