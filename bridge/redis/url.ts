/**
 * Parser of Redis URLs: a single server, a primary that sentinels name, a cluster, or a socket of this machine. Parameters
 * are either supported (`?db=6`, `?ssl=true`) or an error that names them, never ignored.
 */
import { isIP } from "node:net"
import { Effect, Redacted } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { type RedisHost, readHosts } from "./url-hosts.ts"

export interface RedisServer {
  /** Host and port, or what sentinels call it; never a password. */
  readonly address: string
  /** `sentinel`: the hosts are sentinels, which know the primary by `name`. `cluster`: some of its nodes. */
  readonly kind: "single" | "sentinel" | "cluster"
  /** One, or several of a sentinel or cluster. */
  readonly hosts: ReadonlyArray<RedisHost>
  readonly sentinel?: { readonly name: string; readonly username?: string; readonly password?: string }
  /** Options of the client library. `host` and `port` are those of the first host, `path` is a socket. */
  readonly settings: {
    readonly host?: string
    readonly port?: number
    readonly path?: string
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
const sentinelShape =
  "A Redis URL with Sentinel must read redis+sentinel://user:password@host:26379,host2:26379/primary/database, where primary is the name that the sentinels monitor it by; one of the configured URLs does not."
const clusterShape =
  "A URL of a Redis Cluster must read redis+cluster://user:password@host:6379,host2:6379, without a database: a cluster has only database 0; one of the configured URLs does not."
const socketShape =
  "A Redis URL of a socket must read unix:///path/redis.sock, with parameters such as ?db=6&password=…; one of the configured URLs does not."

/** Valkey's own schemes have the same meaning. */
const isSecure: Readonly<Record<string, boolean>> = {
  redis: false,
  valkey: false,
  rediss: true,
  valkeys: true
}

/** The server, or the error of the URL. */
const read = (text: string): RedisServer | string => {
  const [, scheme = "", variant, rest = ""] =
    /^([a-z]+)(?:\+(sentinel|cluster))?:\/\/(.*)$/is.exec(text) ?? []
  if (scheme.toLowerCase() === "unix" && variant === undefined) return readSocket(text)
  const secure = isSecure[scheme.toLowerCase()]
  if (secure === undefined) return shape
  const kind = variant === undefined ? "single" : variant.toLowerCase() === "cluster" ? "cluster" : "sentinel"
  const wrong = { single: shape, sentinel: sentinelShape, cluster: clusterShape }[kind]

  const listed = readHosts(rest, kind === "sentinel" ? 26_379 : 6379)
  if (listed === undefined || (kind === "single" && listed.hosts.length > 1)) return wrong
  const { hosts, parsed } = listed
  const path = pathOf(kind, parsed.pathname)
  if (path === undefined) return wrong
  const parameters = readParameters(parsed.search, kind === "sentinel")
  if (typeof parameters === "string") return parameters

  const merged = merge(parameters, {
    db: path.db,
    tls: secure ? "true" : undefined,
    username: decoded(parsed.username) || undefined,
    password: decoded(parsed.password) || undefined
  })
  if (typeof merged === "string") return merged
  if (kind === "cluster" && Number(merged.db ?? 0) !== 0) return clusterShape

  const [first] = hosts
  const names = hosts.map(({ text }) => text).join(", ")
  const host = first?.host ?? ""
  const servername = kind === "single" && isIP(host) === 0 ? { servername: host } : {}
  return {
    address: path.name === undefined ? names : `${path.name} of the sentinels ${names}`,
    kind,
    hosts,
    ...(path.name === undefined ? {} : { sentinel: { name: path.name, ...sentinelLogin(merged) } }),
    settings: {
      host,
      port: first?.port ?? 6379,
      ...loginOf(merged),
      ...(merged.tls === "true" ? { tls: servername } : {})
    }
  }
}

/** The name of a primary and the database in the path of a URL; undefined for a path that means nothing. */
const pathOf = (
  kind: RedisServer["kind"],
  path: string
): { readonly name?: string; readonly db: string | undefined } | undefined => {
  const found = (kind === "sentinel" ? /^\/([^/]+)(?:\/(\d{0,9}))?$/ : /^()\/?(\d{0,9})$/).exec(path)
  if (found === null) return undefined
  const [, name = "", digits = ""] = found
  const db = digits === "" ? undefined : String(Number(digits))
  return kind === "sentinel" ? { name: decoded(name), db } : { db }
}

/** The parts of a URL and its parameters together, or the error of a contradiction. */
const merge = (parameters: Parameters, given: Parameters): Parameters | string => {
  for (const name of parameterNames)
    if (given[name] !== undefined && parameters[name] !== undefined && given[name] !== parameters[name])
      return `A Redis URL has two different values for ${labels[name]}, one as the parameter "${name}" and one before it: set it once.`
  const merged = { ...given, ...parameters }
  if (merged.username !== undefined && merged.password === undefined)
    return "A Redis URL names a user without a password: write redis://user:password@host, or redis://:password@host for a password alone."
  return merged
}

const loginOf = ({ db, username, password }: Parameters) => ({
  db: Number(db ?? 0),
  ...(username === undefined ? {} : { username }),
  ...(password === undefined ? {} : { password })
})

const sentinelLogin = ({ sentinel_username: username, sentinel_password: password }: Parameters) => ({
  ...(username === undefined ? {} : { username }),
  ...(password === undefined ? {} : { password })
})

const readSocket = (text: string): RedisServer | string => {
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (parsed === undefined || parsed.host !== "" || parsed.pathname.length < 2 || parsed.hash !== "")
    return socketShape
  const parameters = readParameters(parsed.search, false)
  if (typeof parameters === "string") return parameters
  const merged = merge(parameters, {})
  if (typeof merged === "string") return merged
  if (merged.tls === "true")
    return "A Redis URL of a socket cannot have TLS: remove the parameter ssl (or tls)."
  const path = decoded(parsed.pathname)
  return { address: path, kind: "single", hosts: [], settings: { path, ...loginOf(merged) } }
}

const parameterNames = [
  "db",
  "tls",
  "username",
  "password",
  "sentinel_username",
  "sentinel_password"
] as const
type Parameters = { readonly [Name in (typeof parameterNames)[number]]?: string | undefined }

const labels: Readonly<Record<keyof Parameters, string>> = {
  db: "the database",
  tls: "TLS",
  username: "the user",
  password: "the password",
  sentinel_username: "the user of the sentinels",
  sentinel_password: "the password of the sentinels"
}

/** The names of parameters, with synonyms. */
const aliases: Readonly<Record<string, keyof Parameters>> = {
  db: "db",
  database: "db",
  tls: "tls",
  ssl: "tls",
  username: "username",
  user: "username",
  password: "password",
  sentinel_username: "sentinel_username",
  sentinel_user: "sentinel_username",
  sentinel_password: "sentinel_password"
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
const readParameters = (search: string, hasSentinels: boolean): Parameters | string => {
  const found: { -readonly [Name in keyof Parameters]: string } = {}
  for (const [name, value] of new URLSearchParams(search)) {
    const known = Object.hasOwn(aliases, name) ? aliases[name] : undefined
    if (known === undefined) return unknown(name, search)
    if (known.startsWith("sentinel") && !hasSentinels)
      return `A Redis URL has the parameter "${name}", which only redis+sentinel:// has: remove it.`
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

/** The URLs of a list separated by commas; commas also separate the hosts of one URL with Sentinel or a cluster. */
export const eachUrl = (
  urls: Redacted.Redacted<string> | undefined
): ReadonlyArray<Redacted.Redacted<string>> =>
  urls === undefined ? [] : urlsIn(Redacted.value(urls)).map((url) => Redacted.make(url))

/** The first URL of a list separated by commas; undefined for an empty list. */
export const firstUrl = (
  urls: Redacted.Redacted<string> | undefined
): Redacted.Redacted<string> | undefined => eachUrl(urls)[0]

const urlsIn = (list: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (const part of list.split(",").map((one) => one.trim())) {
    const before = found.at(-1)
    if (part === "") continue
    if (before !== undefined && /^[a-z]+\+/i.test(before) && !part.includes("://"))
      found[found.length - 1] = `${before},${part}`
    else found.push(part)
  }
  return found
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
