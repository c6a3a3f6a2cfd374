/** The HTTP client of the viewer, for commands that cannot reach the servers themselves. */
import { Buffer } from "node:buffer"
import { Config, Effect, Redacted } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { optional, readAll } from "../../contracts/setting.ts"
import { viewerPassword, viewerPort, viewerToken, viewerUser } from "../inspect/viewer-settings.ts"

export const viewerUrl = optional(
  "VIEWER_URL",
  Config.String,
  "Address of the viewer for commands. Unset: http://127.0.0.1 and VIEWER_PORT."
)

/** The settings that `askViewer` reads. */
export const askViewerSettings = [viewerUrl, viewerPort, viewerUser, viewerPassword, viewerToken]

/** How long the viewer may take until its response begins, milliseconds. */
const responseTimeoutMs = 10_000

/** A response of the viewer, and its address. */
export interface ViewerResponse {
  readonly address: string
  readonly response: Response
}

/**
 * The viewer's response to a GET of `path` (which begins with `/`), once it has begun. Fails with `unavailable` when the
 * viewer cannot be reached, with `misconfigured` for settings that it does not accept.
 */
export const askViewer = Effect.fnUntraced(function* (path: string, accept: string) {
  const { url, port, user, password, token } = yield* readAll({
    url: viewerUrl,
    port: viewerPort,
    user: viewerUser,
    password: viewerPassword,
    token: viewerToken
  })
  const address = (url ?? `http://127.0.0.1:${port}`).replace(/\/+$/, "")
  if (!/^https?:\/\/[^\s/]/.test(address) || !URL.canParse(address + path)) {
    return yield* failed(
      "misconfigured",
      `VIEWER_URL is "${address}": write an address like http://127.0.0.1:5031`
    )
  }
  const headers: Record<string, string> = { accept }
  if (token !== undefined) headers.authorization = `Bearer ${Redacted.value(token)}`
  else if (password !== undefined) {
    const login = Buffer.from(`${user}:${Redacted.value(password)}`).toString("base64")
    headers.authorization = `Basic ${login}`
  }
  const response = yield* Effect.tryPromise({
    try: (signal) => beginResponse(new URL(address + path), headers, signal),
    catch: () =>
      new Failure({
        reason: "unavailable",
        message: `no viewer answers at ${address}: start one, or set VIEWER_URL, or NATS_URL to use NATS`
      })
  })
  if (response.ok) return { address, response } satisfies ViewerResponse
  if (response.status === 401) {
    return yield* failed(
      "misconfigured",
      `the viewer at ${address} rejects the credentials: correct VIEWER_USER and VIEWER_PASSWORD, or VIEWER_TOKEN`
    )
  }
  return yield* failed(
    "unavailable",
    `the viewer at ${address} answers ${path} with status ${response.status}`
  )
})

const failed = (reason: "misconfigured" | "unavailable", message: string) =>
  Effect.fail(new Failure({ reason, message }))

/** NOTE: the timeout covers only the time until the response begins; a timeout of the whole request would end a stream. */
const beginResponse = async (
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal
): Promise<Response> => {
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(), responseTimeoutMs)
  signal.addEventListener("abort", () => timeout.abort())
  try {
    return await fetch(url, { headers, signal: timeout.signal })
  } finally {
    clearTimeout(timer)
  }
}
