/**
 * Parser of NATS_URL: servers separated by commas, each with an optional user and password, or token; `tls://` for TLS,
 * `ws://` and `wss://` for NATS over WebSocket, with an optional path. Everything else in a URL is an error, never ignored.
 */
import { Effect } from "effect"
import { Failure } from "../../../contracts/failure.ts"

export interface NatsAddress {
  /** `host:port`; over WebSocket `ws://host:port/path` or `wss://…`. Without secrets. */
  readonly servers: ReadonlyArray<string>
  readonly isWebSocket: boolean
  readonly tls: boolean
  /** The login that at least one of the servers names; it is used for all of them. */
  readonly login: { readonly user: string; readonly pass: string } | { readonly token: string } | undefined
}

/** Fails with `misconfigured` and a sentence that never repeats the text, which may contain a password. */
export const parseNatsUrl = Effect.fnUntraced(function* (
  text: string
): Effect.fn.Return<NatsAddress, Failure> {
  const entries = text.split(",").map((entry) => entry.trim())
  const urls: Array<URL> = []
  for (const [i, entry] of entries.entries()) {
    const url = parse(entry)
    if (typeof url === "string") {
      return yield* new Failure({
        reason: "misconfigured",
        message: `NATS_URL cannot be used: server ${i + 1} of ${entries.length} ${url}. Write it like nats://user:password@host:4222.`
      })
    }
    urls.push(url)
  }
  const logins = urls.map(loginOf).filter((login) => login !== undefined)
  const [login] = logins
  if (logins.some((other) => JSON.stringify(other) !== JSON.stringify(login))) {
    return yield* new Failure({
      reason: "misconfigured",
      message:
        "NATS_URL cannot be used: its servers name different logins. Give all of them the same, or name it once."
    })
  }
  const isWebSocket = urls.every(isWeb)
  if (!isWebSocket && urls.some(isWeb)) {
    return yield* new Failure({
      reason: "misconfigured",
      message:
        "NATS_URL cannot be used: it mixes servers over WebSocket (ws://, wss://) with others (nats://, tls://). Name servers of one kind."
    })
  }
  return {
    servers: urls.map(serverOf),
    isWebSocket,
    tls: urls.some(({ protocol }) => protocol === "tls:" || protocol === "wss:"),
    login
  }
})

const isWeb = ({ protocol }: URL): boolean => protocol === "ws:" || protocol === "wss:"

const serverOf = (url: URL): string => {
  if (!isWeb(url)) return `${url.hostname}:${url.port === "" ? "4222" : url.port}`
  const port = url.port === "" ? (url.protocol === "wss:" ? "443" : "80") : url.port
  return `${url.protocol}//${url.hostname}:${port}${url.pathname === "/" ? "" : url.pathname}`
}

const schemes = ["nats:", "tls:", "ws:", "wss:"]

/** The address, or the predicate of an error. */
const parse = (entry: string): URL | string => {
  if (entry === "") return "is empty"
  const text = entry.includes("://") ? entry : `nats://${entry}`
  if (!URL.canParse(text)) return "is not an address"
  const url = new URL(text)
  if (!schemes.includes(url.protocol)) return "does not begin with nats://, tls://, ws:// or wss://"
  if (url.hostname === "") return "has no host"
  if (url.port === "0") return "has port 0"
  if (/%(?![0-9a-f]{2})/i.test(url.username + url.password)) return "has a % in its login that should be %25"
  if (url.username === "" && url.password !== "") return "has a password and no user"
  const [parameter] = [...new URLSearchParams(url.search).keys()]
  // The text behind a question mark may be part of a password, which must not be printed.
  if (parameter !== undefined && /^[A-Za-z][\w.-]{0,40}$/.test(parameter) && /^[^@]*=[^@]*$/.test(url.search))
    return `has the parameter "${parameter}", which Spoor does not support${/^(tls|ssl)$/i.test(parameter) ? " (for TLS begin with tls:// or wss://)" : ""}`
  const isPathAllowed = isWeb(url) || ["", "/"].includes(url.pathname)
  if (!isPathAllowed || url.search !== "" || url.hash !== "") return "has more than host and port"
  return url
}

const loginOf = (url: URL): NatsAddress["login"] => {
  if (url.username === "") return undefined
  const name = decodeURIComponent(url.username)
  return url.password === "" ? { token: name } : { user: name, pass: decodeURIComponent(url.password) }
}

/** The servers in a random order, so that clients are spread over them. */
export const shuffled = (servers: ReadonlyArray<string>): ReadonlyArray<string> =>
  servers
    .map((server) => ({ server, place: Math.random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ server }) => server)
