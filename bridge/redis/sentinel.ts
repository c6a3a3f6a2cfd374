/** Redis behind sentinels: the options of the client library, and what a sentinel's reply means. Opens nothing itself. */
import type { RedisServer } from "./url.ts"

/** How long a sentinel may take to reply, milliseconds. */
const sentinelTimeoutMs = 2000

/**
 * The primary is asked for at each connection, and all sentinels report a fail-over, after which the connection is closed
 * and made again: a primary that only seems dead is left as soon as another one takes over.
 */
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
  // A number: without one the library stops for good once no sentinel replied.
  sentinelRetryStrategy: nextDelayMs,
  sentinelReconnectStrategy: () => 1000 + Math.random() * 1000,
  failoverDetector: true,
  ...(tls === undefined ? {} : { enableTLSForSentinelMode: true, sentinelTLS: tls })
})

/** Why a sentinel could not be used: a clause without a full stop. */
export const sentinelReason = ({ message }: Error): string => {
  const [, address, why = ""] = /^failed to connect to sentinel (\S+) because (.*)$/s.exec(message) ?? []
  if (address === undefined)
    return "the sentinels know no primary of that name: check the path of its URL (redis+sentinel://host:26379/name)"
  const reason = why.replace(/\.$/, "")
  return /NOAUTH|WRONGPASS|NOPERM|invalid password/i.test(reason)
    ? `the sentinel ${address} refuses the login: ${reason}; set ?sentinel_password=… (and sentinel_username) in its URL`
    : `the sentinel ${address} cannot be asked: ${reason}`
}
