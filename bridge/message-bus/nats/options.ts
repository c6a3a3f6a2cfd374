/** The options of a connection to NATS: the settings, checked once before the first attempt. */
import { Effect, Redacted } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { type TlsFiles, textOrFile } from "../../tls-files.ts"
import { isSubject } from "../subject.ts"
import type { NatsOptions } from "./connection-types.ts"
import { type NatsAddress, parseNatsUrl } from "./url.ts"

export interface DialOptions {
  /** `host:port`, or `ws://host:port/path`; without secrets. */
  readonly servers: Array<string>
  readonly isWebSocket: boolean
  readonly name: string
  readonly inboxPrefix: string
  /** Undefined: TLS only where the server requires it. Read at each attempt. */
  readonly tls?: () => TlsFiles
  readonly user?: string
  readonly pass?: string
  readonly token?: string
  /** The text of a credentials file, read at each attempt. Throws while the file cannot be read. */
  readonly creds?: () => string
  /** The seed of an nkey, read at each attempt. Throws while the file cannot be read. */
  readonly nkey?: () => string
}

/** The servers of the options, and those of their cluster (`host:port`, as a server names them), each once. */
export const allServers = (
  { servers, isWebSocket, tls }: DialOptions,
  cluster: ReadonlyArray<string>
): Array<string> => {
  const scheme = isWebSocket ? (tls === undefined ? "ws://" : "wss://") : ""
  return [...new Set([...servers, ...cluster.map((server) => scheme + server)])]
}

/** Fails with `misconfigured` when the options cannot work. */
export const readDialOptions = Effect.fnUntraced(function* (
  options: NatsOptions
): Effect.fn.Return<DialOptions, Failure> {
  const address = yield* parseNatsUrl(Redacted.value(options.url))
  const { inboxPrefix, tls } = options
  if (!isSubject(inboxPrefix))
    return yield* misconfigured(
      `NATS_INBOX_PREFIX "${inboxPrefix}" is not a valid subject: write names separated by dots, without spaces, * and >.`
    )
  if (tls !== undefined && !address.tls)
    return yield* misconfigured(
      "NATS_CA, NATS_CERT and NATS_KEY need TLS: begin the servers in NATS_URL with tls:// or wss://, or remove them."
    )
  const login = yield* readLogin(options, address)
  return {
    servers: [...address.servers],
    isWebSocket: address.isWebSocket,
    name: inboxPrefix,
    inboxPrefix,
    ...(address.tls ? { tls: tls ?? (() => ({})) } : {}),
    ...login
  }
})

type Login = Pick<DialOptions, "user" | "pass" | "token" | "creds" | "nkey">

/** The only login that the settings name. */
const readLogin = Effect.fnUntraced(function* (
  options: NatsOptions,
  { login }: NatsAddress
): Effect.fn.Return<Login, Failure> {
  const creds = options.creds?.trim() || undefined
  const nkey = options.nkey === undefined ? undefined : Redacted.value(options.nkey).trim() || undefined
  const named = [
    ...(login === undefined ? [] : ["NATS_URL"]),
    ...(creds === undefined ? [] : ["NATS_CREDS"]),
    ...(nkey === undefined ? [] : ["NATS_NKEY"])
  ]
  if (named.length > 1)
    return yield* misconfigured(`${named.join(" and ")} each name a login to NATS: keep one of them.`)
  if (creds !== undefined)
    return { creds: yield* readable(() => checked("NATS_CREDS", creds, isCredentials, credentialsHint)) }
  if (nkey !== undefined) return { nkey: yield* readable(() => checked("NATS_NKEY", nkey, isSeed, seedHint)) }
  return login ?? {}
})

const credentialsHint =
  "holds no NATS credentials: name a file that begins with -----BEGIN NATS USER JWT-----"
const isCredentials = (text: string): boolean => text.includes("-----BEGIN NATS USER JWT-----")

const seedHint = "holds no seed of a NATS user: it begins with SU, and has 58 letters and digits"
const isSeed = (text: string): boolean => /^SU[A-Z2-7]{56}$/.test(text.trim())

/** The text that the setting is or whose file it names. Throws when there is none. */
const checked = (name: string, value: string, isText: (text: string) => boolean, hint: string): string => {
  const text = textOrFile(name, value, isText)
  if (!isText(text)) throw new Error(`${name} ${hint}.`)
  return text
}

/** `read`, which has succeeded once. */
const readable = (read: () => string): Effect.Effect<() => string, Failure> =>
  Effect.try({
    try: () => {
      read()
      return read
    },
    catch: (error) => new Failure({ reason: "misconfigured", message: String((error as Error).message) })
  })

const misconfigured = (message: string) => Effect.fail(new Failure({ reason: "misconfigured", message }))
