/** How a command asks the viewer, where it cannot ask the servers themselves. */
import { Buffer } from "node:buffer"
import { Config, Effect, Redacted } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { optional, readAll } from "../../contracts/setting.ts"
import { viewerPassword, viewerPort, viewerToken, viewerUser } from "../inspect/viewer-settings.ts"

export const viewerUrl = optional(
  "VIEWER_URL",
  Config.String,
  "Where commands find the viewer. Unset: http://127.0.0.1 and VIEWER_PORT."
)

/** The settings that `askViewer` reads. */
export const askViewerSettings = [viewerUrl, viewerPort, viewerUser, viewerPassword, viewerToken]

/** How long the viewer may take to begin its answer, milliseconds. */
const patience = 10_000

/** An answer of the viewer, and where it is. */
export interface ViewerAnswer {
  readonly address: string
  readonly response: Response
}

/**
 * The viewer's answer to a GET of `path` (which begins with `/`), once it has begun. Fails with `unavailable` when there
 * is none, with `misconfigured` for settings it does not accept.
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
    return yield* no("misconfigured", `VIEWER_URL is "${address}", which is no http:// address`)
  }
  const headers: Record<string, string> = { accept }
  if (token !== undefined) headers.authorization = `Bearer ${Redacted.value(token)}`
  else if (password !== undefined) {
    const login = Buffer.from(`${user}:${Redacted.value(password)}`).toString("base64")
    headers.authorization = `Basic ${login}`
  }
  const response = yield* Effect.tryPromise({
    try: (signal) => begin(new URL(address + path), headers, signal),
    catch: () =>
      new Failure({
        reason: "unavailable",
        message: `no viewer answers at ${address}: start one, or set VIEWER_URL, or NATS_URL to ask NATS`
      })
  })
  if (response.ok) return { address, response } satisfies ViewerAnswer
  if (response.status === 401) {
    return yield* no(
      "misconfigured",
      `the viewer at ${address} wants another VIEWER_USER and VIEWER_PASSWORD, or VIEWER_TOKEN`
    )
  }
  return yield* no("unavailable", `the viewer at ${address} answers ${path} with ${response.status}`)
})

const no = (reason: "misconfigured" | "unavailable", message: string) =>
  Effect.fail(new Failure({ reason, message }))

/** NOTE: a timeout of the whole request would end a stream that goes on, so it is one of the beginning alone. */
const begin = async (
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal
): Promise<Response> => {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), patience)
  signal.addEventListener("abort", () => late.abort())
  try {
    return await fetch(url, { headers, signal: late.signal })
  } finally {
    clearTimeout(timer)
  }
}
