/** The settings of the viewer, and what they mean together. */
import { Config } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { optional, secret, setting } from "../../contracts/setting.ts"
import { port } from "../../contracts/setting-readers.ts"

export const viewerPort = setting("VIEWER_PORT", port, 5031, "The port of the viewer; 0 takes a free one.")

export const viewerHost = optional(
  "VIEWER_HOST",
  Config.String,
  "The address to listen on. Unset: 0.0.0.0 with a VIEWER_PASSWORD or VIEWER_TOKEN, else this machine alone."
)

export const viewerUser = setting("VIEWER_USER", Config.String, "viewer", "The name to log in with.")

export const viewerPassword = secret(
  "VIEWER_PASSWORD",
  "The password to log in with (HTTP Basic). Without it and VIEWER_TOKEN nobody logs in, and only this machine is served."
)

export const viewerToken = secret(
  "VIEWER_TOKEN",
  "What tools may send instead of name and password, as Authorization: Bearer <token>; browsers cannot."
)

export const viewerMask = setting(
  "VIEWER_MASK",
  Config.String,
  "",
  "What people who look do not see, separated by commas: address (the client's), and names of parameters."
)

/** Where to listen. Fails with `Failure` "unavailable" when others could look in without a secret. */
export const listenAddress = (host: string | undefined, hasSecret: boolean): string => {
  if (hasSecret) return host ?? "0.0.0.0"
  const address = host ?? "127.0.0.1"
  if (isLoopback(address)) return address
  throw new Failure({
    reason: "unavailable",
    message: `The viewer shows every event, so on ${address} (VIEWER_HOST) it needs a VIEWER_PASSWORD or VIEWER_TOKEN.`
  })
}

/** Is that host name, without its port, this machine whoever says it? */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host)
