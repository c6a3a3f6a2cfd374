/**
 * Parser of Redis URLs: `redis://` or `rediss://` (TLS) `user:password@host:port/database`. Parameters are either supported
 * (`?db=6`, `?ssl=true`) or an error that names them, never ignored.
 */
import { isIP } from "node:net"
import { Effect, Redacted } from "effect"
import { Failure } from "../../contracts/failure.ts"

export interface RedisServer {
  /** Host and port; never a password. */
  readonly address: string
  /** Options of the client library. */
  readonly settings: {
    readonly host: string
    readonly port: number
    readonly db: number
    readonly username?: string
    readonly password?: string
    readonly tls?: { readonly servername?: string }
  }
}

/** Fails with `misconfigured` for an invalid URL; the sentence does not repeat it, because it may contain a password. */
export const parseRedisUrl = (url: Redacted.Redacted<string>): Effect.Effect<RedisServer, Failure> =>
  Effect.suspend(() => {
    const server = read(Redacted.value(url).trim())
    return typeof server === "string"
      ? Effect.fail(new Failure({ reason: "misconfigured", message: server }))
      : Effect.succeed(server)
  })

const shape =
  "A Redis URL must read redis://user:password@host:port/database or rediss:// for TLS, with special characters of the password percent-encoded; one of the configured URLs does not."

/** Valkey's own schemes have the same meaning. */
const isSecure: Readonly<Record<string, boolean>> = {
  "redis:": false,
  "valkey:": false,
  "rediss:": true,
  "valkeys:": true
}

/** The server, or the error of the URL. */
const read = (text: string): RedisServer | string => {
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  const secure = isSecure[parsed?.protocol ?? ""]
  if (parsed === undefined || secure === undefined || parsed.hostname === "" || parsed.hash !== "")
    return shape
  if (!/^\/?\d{0,9}$/.test(parsed.pathname) || parsed.port === "0") return shape
  const parameters = readParameters(parsed.search)
  if (typeof parameters === "string") return parameters

  const given: Parameters = {
    db: parsed.pathname.length > 1 ? String(Number(parsed.pathname.replace("/", ""))) : undefined,
    tls: secure ? "true" : undefined,
    username: decoded(parsed.username) || undefined,
    password: decoded(parsed.password) || undefined
  }
  for (const name of parameterNames)
    if (given[name] !== undefined && parameters[name] !== undefined && given[name] !== parameters[name])
      return `A Redis URL has two different values for ${labels[name]}, one as the parameter "${name}" and one before it: set it once.`
  const merged = { ...given, ...parameters }
  if (merged.username !== undefined && merged.password === undefined)
    return "A Redis URL names a user without a password: write redis://user:password@host, or redis://:password@host for a password alone."

  const host = parsed.hostname.replace(/^\[(.*)\]$/, "$1")
  const port = parsed.port === "" ? 6379 : Number(parsed.port)
  const settings = {
    host,
    port,
    db: Number(merged.db ?? 0),
    ...(merged.username === undefined ? {} : { username: merged.username }),
    ...(merged.password === undefined ? {} : { password: merged.password }),
    ...(merged.tls === "true" ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {})
  }
  return { address: `${parsed.hostname}:${port}`, settings }
}

const parameterNames = ["db", "tls", "username", "password"] as const
type Parameters = { readonly [Name in (typeof parameterNames)[number]]?: string | undefined }

const labels: Readonly<Record<keyof Parameters, string>> = {
  db: "the database",
  tls: "TLS",
  username: "the user",
  password: "the password"
}

/** The names of parameters, with synonyms. */
const aliases: Readonly<Record<string, keyof Parameters>> = {
  db: "db",
  database: "db",
  tls: "tls",
  ssl: "tls",
  username: "username",
  user: "username",
  password: "password"
}

const truth: Readonly<Record<string, string>> = {
  true: "true",
  yes: "true",
  "1": "true",
  false: "false",
  no: "false",
  "0": "false"
}

/** The parameters after the question mark, or their error. */
const readParameters = (search: string): Parameters | string => {
  const found: { -readonly [Name in keyof Parameters]: string } = {}
  for (const [name, value] of new URLSearchParams(search)) {
    const known = Object.hasOwn(aliases, name) ? aliases[name] : undefined
    if (known === undefined) return unknown(name, search)
    const read = known === "tls" ? truth[value.toLowerCase()] : value
    if (read === undefined || read === "" || (known === "db" && !/^\d{1,9}$/.test(read)))
      return `The parameter "${name}" of a Redis URL cannot be used: write ${known === "tls" ? `${name}=true or ${name}=false` : known === "db" ? `${name}=6` : `a value after ${name}=`}.`
    if (found[known] !== undefined) return `A Redis URL names ${labels[known]} twice: set it once.`
    found[known] = known === "db" ? String(Number(read)) : read
  }
  return found
}

/** The text after a question mark may be part of a password, which must not be printed as the name of a parameter. */
const unknown = (name: string, search: string): string =>
  /^[A-Za-z][\w.-]{0,40}$/.test(name) && search.includes("=") && !search.includes("@")
    ? `A Redis URL has the parameter "${name}", which Spoor does not support: remove it. It supports db, ssl (or tls), username and password.`
    : `A Redis URL has a question mark that does not begin a parameter. ${shape}`

/** The URLs of a setting that lists them. Fails with `misconfigured` and the setting's name when one of them is invalid. */
export const checkedUrls = (
  name: string,
  urls: Redacted.Redacted<string> | undefined
): Effect.Effect<ReadonlyArray<Redacted.Redacted<string>>, Failure> =>
  Effect.forEach(eachUrl(urls), (url) =>
    Effect.as(
      Effect.mapError(
        parseRedisUrl(url),
        ({ reason, message }) => new Failure({ reason, message: `${name}: ${message}` })
      ),
      url
    )
  )

/** The URLs of a list separated by commas. */
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

/** The first URL of a list separated by commas; undefined for an empty list. */
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
