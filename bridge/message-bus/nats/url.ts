/**
 * How NATS_URL is read: servers separated by commas, a user and a password or a token in front, `tls://` for TLS. What
 * else a URL may say is refused, never ignored.
 */
import { Effect } from "effect"
import { Failure } from "../../../contracts/failure.ts"

/** Where the servers are and who we are there. `servers` are `host:port`, without secrets. */
export interface NatsAddress {
  readonly servers: ReadonlyArray<string>
  readonly tls: boolean
  /** The login that one or more of the servers name; it holds for all of them. */
  readonly login: { readonly user: string; readonly pass: string } | { readonly token: string } | undefined
}

/** Reads NATS_URL; fails with `misconfigured` and a sentence that never repeats the text, since it may hold a password. */
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
      message: "NATS_URL cannot be used: it names different logins, and one holds for all of its servers."
    })
  }
  return {
    servers: urls.map((url) => `${url.hostname}:${url.port === "" ? "4222" : url.port}`),
    tls: urls.some((url) => url.protocol === "tls:"),
    login
  }
})

/** The address, or what is wrong with it. */
const parse = (entry: string): URL | string => {
  if (entry === "") return "is empty"
  const text = entry.includes("://") ? entry : `nats://${entry}`
  if (!URL.canParse(text)) return "is not an address"
  const url = new URL(text)
  if (url.protocol !== "nats:" && url.protocol !== "tls:") return "does not begin with nats:// or tls://"
  if (url.hostname === "") return "has no host"
  if (url.port === "0") return "has port 0"
  if (/%(?![0-9a-f]{2})/i.test(url.username + url.password)) return "has a % in its login that should be %25"
  if (url.username === "" && url.password !== "") return "has a password and no user"
  const [parameter] = [...new URLSearchParams(url.search).keys()]
  // A part of a password with a question mark in it must not be printed.
  if (parameter !== undefined && /^[A-Za-z][\w.-]{0,40}$/.test(parameter) && /^[^@]*=[^@]*$/.test(url.search))
    return `has the parameter "${parameter}", which Spoor does not know${/^(tls|ssl)$/i.test(parameter) ? " (for TLS begin with tls://)" : ""}`
  if (!["", "/"].includes(url.pathname) || url.search !== "" || url.hash !== "")
    return "has more than host and port"
  return url
}

const loginOf = (url: URL): NatsAddress["login"] => {
  if (url.username === "") return undefined
  const name = decodeURIComponent(url.username)
  return url.password === "" ? { token: name } : { user: name, pass: decodeURIComponent(url.password) }
}
