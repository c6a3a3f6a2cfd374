/** An operation of the HTTP API, described as data. */
import type { ErrorCode } from "../http/errors.ts"
import type { SchemaName } from "./schemas.ts"

/** A body with a schema, or with a description only. */
export type Content =
  | {
      readonly type: "application/json" | "application/x-www-form-urlencoded" | "multipart/form-data"
      readonly schema: SchemaName
    }
  | { readonly type: string; readonly description: string }

export interface ResponseDescription {
  readonly status: number
  readonly description: string
  readonly contents?: ReadonlyArray<Content>
  /** Headers with their descriptions. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface Operation {
  readonly method: "GET" | "POST" | "DELETE"
  /** The path as in the table of routes. */
  readonly path: string
  /** The name of the parameter at the `*` of the path. */
  readonly pathParameter?: string
  readonly name: string
  readonly summary: string
  /** Query parameters with their descriptions, or any parameters. */
  readonly query?: "any" | Readonly<Record<string, string>>
  readonly body?: {
    readonly contents: ReadonlyArray<Content>
    readonly isRequired: boolean
    /** An example of the first content. */
    readonly example: unknown
  }
  readonly responses: ReadonlyArray<ResponseDescription>
  /** The queue stores its events, the link store handles it, or the gateway itself responds. */
  readonly handledBy: "queue" | "links" | "self"
  /** It may respond with 404. */
  readonly mayBeNotFound?: true
  /** A write key (where WRITE_KEYS is set), the token of the links API, or the signature of an edge; undefined: no authentication. */
  readonly auth?: "write key" | "token" | "signature"
}

export const json = (schema: SchemaName): Content => ({ type: "application/json", schema })
export const text = (description: string): Content => ({ type: "text/plain", description })

export const gif = (description: string): Content => ({ type: "image/gif", description })

export const ok: ResponseDescription = {
  status: 200,
  description: "The queue has the event.",
  contents: [json("Ok")]
}

/** Errors of every operation; of those that the queue or the link store handles; of those with a body; of those that push to the queue. */
const anyErrors = ["uri-too-long", "headers-too-large"] as const
const serviceErrors = ["bad-request", "too-many-requests", "unavailable"] as const
const bodyErrors = ["timeout", "too-large", "unsupported-media-type", "busy"] as const
const queueErrors = ["too-large", "busy"] as const

/** The codes of the errors that an operation may respond with. */
export const errorsOf = ({ handledBy, auth, body, mayBeNotFound }: Operation): ReadonlySet<ErrorCode> =>
  new Set<ErrorCode>([
    ...anyErrors,
    ...(handledBy === "self" ? [] : serviceErrors),
    ...(handledBy === "queue" ? queueErrors : []),
    ...(body === undefined ? [] : bodyErrors),
    ...(auth === undefined ? [] : (["unauthorized"] as const)),
    ...(mayBeNotFound ? (["not-found"] as const) : [])
  ])
