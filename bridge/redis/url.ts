/**
 * The URL of a Redis, taken apart: `redis://` or `rediss://` (TLS) `user:password@host:port/database`. What else a URL
 * may say is either honoured (`?db=6`, `?ssl=true`) or refused by its name, never ignored.
 */
import { isIP } from "node:net"
import { Effect, Redacted } from "effect"
import { Failure } from "../../contracts/failure.ts"

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

/** Fails with `misconfigured` when the URL can never work; the sentence does not repeat it, since it may hold a password. */
export const parseRedisUrl = (url: Redacted.Redacted<string>): Effect.Effect<RedisServer, Failure> =>
  Effect.suspend(() => {
    const server = read(Redacted.value(url).trim())
    return typeof server === "string"
      ? Effect.fail(new Failure({ reason: "misconfigured", message: server }))
      : Effect.succeed(server)
  })

const shape =
  "A Redis URL must read redis://user:password@host:port/database or rediss:// for TLS, with special characters of the password percent-encoded; one that is set does not."

/** Valkey's own names mean the same. */
const isSecure: Readonly<Record<string, boolean>> = {
  "redis:": false,
  "valkey:": false,
  "rediss:": true,
  "valkeys:": true
}

/** The server, or what is wrong with the URL. */
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
      return `A Redis URL says two different things about ${spoken[name]}, once as the parameter "${name}" and once before it: say it once.`
  const said = { ...given, ...parameters }
  if (said.username !== undefined && said.password === undefined)
    return "A Redis URL names a user without a password: write redis://user:password@host, or redis://:password@host for a password alone."

  const host = parsed.hostname.replace(/^\[(.*)\]$/, "$1")
  const port = parsed.port === "" ? 6379 : Number(parsed.port)
  const settings = {
    host,
    port,
    db: Number(said.db ?? 0),
    ...(said.username === undefined ? {} : { username: said.username }),
    ...(said.password === undefined ? {} : { password: said.password }),
    ...(said.tls === "true" ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {})
  }
  return { address: `${parsed.hostname}:${port}`, settings }
}

const parameterNames = ["db", "tls", "username", "password"] as const
type Parameters = { readonly [Name in (typeof parameterNames)[number]]?: string | undefined }

const spoken: Readonly<Record<keyof Parameters, string>> = {
  db: "the database",
  tls: "TLS",
  username: "the user",
  password: "the password"
}

/** Other spellings of the same. */
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

/** What stands behind the question mark, or what is wrong with it. */
const readParameters = (search: string): Parameters | string => {
  const found: { -readonly [Name in keyof Parameters]: string } = {}
  for (const [name, value] of new URLSearchParams(search)) {
    const known = Object.hasOwn(aliases, name) ? aliases[name] : undefined
    if (known === undefined) return unknown(name, search)
    const read = known === "tls" ? truth[value.toLowerCase()] : value
    if (read === undefined || read === "" || (known === "db" && !/^\d{1,9}$/.test(read)))
      return `The parameter "${name}" of a Redis URL cannot be used: write ${known === "tls" ? `${name}=true or ${name}=false` : known === "db" ? `${name}=6` : `a value behind ${name}=`}.`
    if (found[known] !== undefined) return `A Redis URL names ${spoken[known]} twice: say it once.`
    found[known] = known === "db" ? String(Number(read)) : read
  }
  return found
}

/** A part of a password with a question mark in it must not be printed as if it were the name of a parameter. */
const unknown = (name: string, search: string): string =>
  /^[A-Za-z][\w.-]{0,40}$/.test(name) && search.includes("=") && !search.includes("@")
    ? `A Redis URL has the parameter "${name}", which Spoor does not know: leave it away. It knows db, ssl (or tls), username and password.`
    : `A Redis URL has something behind a question mark that is no parameter. ${shape}`

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
