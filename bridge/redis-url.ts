/** The URL of a Redis, taken apart: `redis://` or `rediss://` (TLS) `user:password@host:port/database`. */
import { isIP } from "node:net"
import { Effect, Redacted } from "effect"
import { Failure } from "../contracts/failure.ts"

export interface RedisServer {
  /** Host and port; never a password. */
  readonly address: string
  /** As the client library wants them. */
  readonly settings: {
    readonly host: string
    readonly port: number
    readonly db: number
    readonly username?: string
    readonly password?: string
    readonly tls?: { readonly servername?: string }
  }
}

/** Fails with `unreadable` when the URL can never work; the sentence does not repeat it, since it may hold a password. */
export const parseRedisUrl = (url: Redacted.Redacted<string>): Effect.Effect<RedisServer, Failure> =>
  Effect.suspend(() => {
    const text = Redacted.value(url).trim()
    const parsed = URL.canParse(text) ? new URL(text) : undefined
    const db = Number(parsed?.pathname.replace(/^\//, "") ?? "")
    const secure = parsed?.protocol === "rediss:"
    const known = parsed !== undefined && parsed.hostname !== "" && (secure || parsed.protocol === "redis:")
    if (!known || !Number.isInteger(db) || db < 0)
      return Effect.fail(
        new Failure({
          reason: "unreadable",
          message:
            "A Redis URL must read redis://user:password@host:port/database or rediss:// for TLS, with special characters of the password percent-encoded; one that is set does not."
        })
      )
    const host = parsed.hostname.replace(/^\[(.*)\]$/, "$1")
    const port = parsed.port === "" ? 6379 : Number(parsed.port)
    const settings = {
      host,
      port,
      db,
      ...(parsed.username === "" ? {} : { username: decoded(parsed.username) }),
      ...(parsed.password === "" ? {} : { password: decoded(parsed.password) }),
      ...(secure ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {})
    }
    return Effect.succeed({ address: `${parsed.hostname}:${port}`, settings })
  })

/** Several URLs separated by commas, each by itself. */
export const eachUrl = (
  urls: Redacted.Redacted<string> | undefined
): ReadonlyArray<Redacted.Redacted<string>> =>
  urls === undefined
    ? []
    : Redacted.value(urls)
        .split(",")
        .map((url) => url.trim())
        .filter((url) => url !== "")
        .map((url) => Redacted.make(url))

/** The first of several URLs separated by commas, if there is one. */
export const firstUrl = (
  urls: Redacted.Redacted<string> | undefined
): Redacted.Redacted<string> | undefined => {
  const url = urls === undefined ? "" : (Redacted.value(urls).split(",")[0]?.trim() ?? "")
  return url === "" ? undefined : Redacted.make(url)
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
