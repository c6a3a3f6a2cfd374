/**
 * One HTTP request to a checked address, and its answer. `node:http` gets the addresses from here instead of DNS; the name
 * stays in the header Host, in the name that TLS asks for, and in the check of the certificate. Connections are used again
 * for a few seconds: each was made to an address that was checked. Works on Bun, Deno and Node, and uses no proxy.
 * Lives as long as its scope.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http"
import { Agent as HttpsAgent, request as httpsRequest } from "node:https"
import type { LookupFunction } from "node:net"
import { CallFailure, type CallFailureReason } from "./call-failure.ts"
import { readBody } from "./read-body.ts"
import type { CheckedAddress } from "./resolve.ts"

/** A request with everything in clear. */
export interface OutgoingRequest {
  readonly method: string
  readonly url: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: string | Uint8Array | undefined
  /** The time for the whole call: DNS, connection, redirects and the complete answer. */
  readonly timeoutMs: number
  /** Statuses of redirects that are the answer and are not followed; default: none. */
  readonly takesRedirect?: (status: number) => boolean
}

/** An answer, whatever its status. Names of headers are in lower case. The body is text; bytes that are not UTF-8 are replaced. */
export interface OutgoingAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The body was longer than 64 KiB and is not read to its end. */
  readonly isCut: boolean
}

/** Sends one request; `signal` abandons it. Rejects with `CallFailure`. */
export type SendOnce = (
  url: URL,
  request: Pick<OutgoingRequest, "method" | "headers" | "body">,
  addresses: ReadonlyArray<CheckedAddress>,
  signal: AbortSignal
) => Promise<OutgoingAnswer>

/** Idle connections that are kept for a target, and for how long, milliseconds: shorter than most servers keep theirs. */
const maxIdle = 8
const idleMs = 4_000

export interface Sender {
  readonly send: SendOnce
  /** Closes all connections. */
  readonly close: () => void
}

/** `ca`: certificates to trust instead of the usual ones, for tests. */
export const makeSender = (ca?: string): Sender => {
  const options = { keepAlive: true, maxFreeSockets: maxIdle, timeout: idleMs, scheduling: "lifo" } as const
  const agents = { http: new HttpAgent(options), https: new HttpsAgent({ ...options, ...(ca && { ca }) }) }

  const attempt = (
    url: URL,
    { method, headers, body }: Pick<OutgoingRequest, "method" | "headers" | "body">,
    addresses: ReadonlyArray<CheckedAddress>,
    signal: AbortSignal,
    isNewConnection: boolean
  ): Promise<OutgoingAnswer> =>
    new Promise((resolve, reject) => {
      const isSecure = url.protocol === "https:"
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body
      const request = (isSecure ? httpsRequest : httpRequest)({
        method,
        hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
        port: url.port === "" ? (isSecure ? 443 : 80) : Number(url.port),
        path: `${url.pathname}${url.search}`,
        agent: isNewConnection ? false : isSecure ? agents.https : agents.http,
        ...(ca && { ca }),
        lookup: pinned(addresses),
        headers: headersOf(headers, method, bytes)
      })
      const abandon = (): void => {
        reject(signal.reason)
        request.destroy()
      }
      const fail = (cause: unknown): void => reject(failureOf(url, cause, request.reusedSocket))
      if (signal.aborted) return abandon()
      signal.addEventListener("abort", abandon, { once: true })
      request.on("close", () => signal.removeEventListener("abort", abandon))
      request.on("error", fail)
      request.on("response", (answer) =>
        readBody(answer)
          .then(({ bytes, isCut }) => {
            resolve({
              status: answer.statusCode ?? 0,
              headers: joined(answer),
              body: new TextDecoder().decode(bytes),
              isCut
            })
            if (isCut) request.destroy()
          })
          .catch((cause: unknown) => {
            fail(cause)
            request.destroy()
          })
      )
      request.end(bytes)
    })

  return {
    send: async (url, request, addresses, signal) => {
      const refused = unsendable(request)
      if (refused !== undefined)
        throw new CallFailure({ reason: "bad request", message: refused, wasSent: false })
      try {
        return await attempt(url, request, addresses, signal, false)
      } catch (cause) {
        // The target closed an idle connection while the request was on its way: servers do that without handling it.
        if (cause instanceof StaleConnection && !signal.aborted)
          return attempt(url, request, addresses, signal, true)
        throw cause
      }
    },
    close: () => {
      agents.http.destroy()
      agents.https.destroy()
    }
  }
}

/** A connection that had been used before broke before any answer. */
class StaleConnection extends CallFailure {}

const pinned =
  (addresses: ReadonlyArray<CheckedAddress>): LookupFunction =>
  (_name, { all }, callback) => {
    const [first] = addresses
    if (all === true) callback(null, [...addresses])
    else callback(null, first?.address ?? "", first?.family)
  }

/** Headers that this file sets, or that would change what the connection carries. */
const ownHeaders = new Set(
  "host content-length transfer-encoding connection keep-alive proxy-connection upgrade te trailer expect accept-encoding".split(
    " "
  )
)
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/

/** Why HTTP cannot carry the request, as a sentence; undefined when it can. Names no value, because it may be secret. */
const unsendable = ({ method, headers }: Pick<OutgoingRequest, "method" | "headers">): string | undefined => {
  if (!/^[A-Z]+$/.test(method)) return `${JSON.stringify(method)} is not a method of HTTP.`
  for (const [name, value] of headers) {
    if (!headerName.test(name)) return `${JSON.stringify(name)} is not a name of a header.`
    if (ownHeaders.has(name.toLowerCase()))
      return `The header ${name} is set by Spoor: leave it out of the rule.`
    if (!headerValue.test(value))
      return `The value of the header ${name} contains a line break or a character that HTTP does not allow.`
  }
  return undefined
}

const headersOf = (
  headers: OutgoingRequest["headers"],
  method: string,
  body: Uint8Array | undefined
): Record<string, string | Array<string>> => {
  const sent: Record<string, string | Array<string>> = { "accept-encoding": "identity" }
  for (const [name, value] of headers) {
    const before = sent[name.toLowerCase()]
    sent[name.toLowerCase()] = before === undefined ? value : [before, value].flat()
  }
  if (body !== undefined || !["GET", "HEAD", "DELETE"].includes(method))
    sent["content-length"] = String(body?.length ?? 0)
  return sent
}

const joined = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? "")
    ])
  )

/** Errors that come before anything was sent. */
const unsent =
  /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EHOSTDOWN|ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_)/

const failureOf = (url: URL, cause: unknown, isReused: boolean): CallFailure => {
  const error = cause as { readonly code?: unknown; readonly message?: unknown }
  const code = typeof error?.code === "string" ? error.code : ""
  const reason: CallFailureReason = code.startsWith("HPE_") ? "bad answer" : "no connection"
  const wasSent = !unsent.test(code)
  const why = code !== "" ? code : String(error?.message ?? cause)
  const message =
    reason === "bad answer"
      ? `${url.host} does not answer in HTTP (${why}).`
      : `The connection to ${url.host} failed (${why}).`
  const Kind = isReused && wasSent && reason === "no connection" ? StaleConnection : CallFailure
  return new Kind({ reason, message, wasSent })
}
