/** Redis behind sentinels: the options of the client library, news of a fail-over, and what a sentinel's reply means. */

import type { RedisServer } from "./url.ts"
import type { RedisHost } from "./url-hosts.ts"

/** How long a sentinel may take to reply, milliseconds. */
const sentinelTimeoutMs = 2000

/** How long the socket of a primary that was replaced may take to close, milliseconds: it may be frozen. */
const closeTimeoutMs = 200

/** Options of a connection whose primary is asked for each time it is made. */
export const sentinelOptions = <T>(
  { hosts, sentinel }: RedisServer,
  { tls }: { readonly tls?: T },
  nextDelayMs: () => number
) => ({
  sentinels: hosts.map(({ host, port }) => ({ host, port })),
  name: sentinel?.name ?? "",
  role: "master" as const,
  ...(sentinel?.username === undefined ? {} : { sentinelUsername: sentinel.username }),
  ...(sentinel?.password === undefined ? {} : { sentinelPassword: sentinel.password }),
  sentinelCommandTimeout: sentinelTimeoutMs,
  disconnectTimeout: closeTimeoutMs,
  // A number: without one the library stops for good once no sentinel replied.
  sentinelRetryStrategy: nextDelayMs,
  // The library's own detector writes each attempt to reach a sentinel to the console.
  failoverDetector: false,
  ...(tls === undefined ? {} : { enableTLSForSentinelMode: true, sentinelTLS: tls })
})

/** Options of a connection to one sentinel that waits for news. */
export const subscriberOptions = <T>(
  { sentinel }: RedisServer,
  { host, port }: RedisHost,
  { tls }: { readonly tls?: T }
) => ({
  host,
  port,
  ...(sentinel?.username === undefined ? {} : { username: sentinel.username }),
  ...(sentinel?.password === undefined ? {} : { password: sentinel.password }),
  ...(tls === undefined ? {} : { tls }),
  disableClientInfo: true,
  enableReadyCheck: false,
  connectTimeout: sentinelTimeoutMs,
  retryStrategy: () => 1000 + Math.random() * 1000
})

/** What is used of a connection to a sentinel. */
interface Subscriber {
  readonly on: (event: "error" | "message", listener: (first: unknown, text: string) => void) => unknown
  readonly subscribe: (channel: string) => Promise<unknown>
  readonly disconnect: () => void
}

/**
 * Calls `onFailover` whenever a sentinel reports that another server is the primary: one that is frozen, or cut off, closes
 * no connection. Returns a function that ends it. Sentinels that cannot be reached are tried again, in silence.
 */
export const watchFailovers = (
  { hosts, sentinel }: RedisServer,
  open: (host: RedisHost) => Subscriber,
  onFailover: () => void
): (() => void) => {
  let last = ""
  const subscribers = hosts.map((host) => {
    const subscriber = open(host)
    subscriber.on("error", () => undefined)
    subscriber.on("message", (_, text) => {
      // Name, old host, old port, new host, new port; each sentinel reports it.
      if (text === last || text.split(" ").slice(0, -4).join(" ") !== sentinel?.name) return
      last = text
      onFailover()
    })
    subscriber.subscribe("+switch-master").catch(() => undefined)
    return subscriber
  })
  return () => {
    for (const subscriber of subscribers) subscriber.disconnect()
  }
}

/** Why a sentinel could not be used: a clause without a full stop. */
export const sentinelReason = ({ message }: Error): string => {
  const [, address, why = ""] = /^failed to connect to sentinel (\S+) because (.*)$/s.exec(message) ?? []
  if (address === undefined || /No such master/i.test(why))
    return "the sentinels know no primary of that name: check the path of its URL (redis+sentinel://host:26379/name)"
  if (/^Connection is closed/.test(why)) return `the sentinel ${address} cannot be reached`
  const reason = why.replace(/\.$/, "")
  return /NOAUTH|WRONGPASS|NOPERM|invalid password/i.test(reason)
    ? `the sentinel ${address} refuses the login: ${reason}; set ?sentinel_password=… (and sentinel_username) in its URL`
    : `the sentinel ${address} cannot be asked: ${reason}`
}
