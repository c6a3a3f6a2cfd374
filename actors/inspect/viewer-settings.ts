/** The settings of the viewer, and the address it listens on. Pure. */
import { Config } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { optional, secret, setting } from "../../contracts/setting.ts"
import { port } from "../../contracts/setting-readers.ts"

export const viewerPort = setting("VIEWER_PORT", port, 5031, "Port of the viewer; 0: any free port.")

export const viewerHost = optional(
  "VIEWER_HOST",
  Config.String,
  "Address to listen on. Default: 0.0.0.0 with a VIEWER_PASSWORD or VIEWER_TOKEN, else 127.0.0.1."
)

export const viewerUser = setting("VIEWER_USER", Config.String, "viewer", "User name for the login.")

export const viewerPassword = secret(
  "VIEWER_PASSWORD",
  "Password for the login (HTTP Basic). Without it and VIEWER_TOKEN there is no login, and only this machine is served."
)

export const viewerToken = secret(
  "VIEWER_TOKEN",
  "Token for tools instead of user name and password, as Authorization: Bearer <token>; not for browsers."
)

export const viewerMask = setting(
  "VIEWER_MASK",
  Config.String,
  "",
  "What viewers must not see, separated by commas: address (the client's) and names of parameters."
)

/** The address to listen on. Throws `Failure` "unavailable" if other machines could connect without a secret. */
export const listenAddress = (host: string | undefined, hasSecret: boolean): string => {
  if (hasSecret) return host ?? "0.0.0.0"
  const address = host ?? "127.0.0.1"
  if (isLoopback(address)) return address
  throw new Failure({
    reason: "unavailable",
    message: `The viewer shows every event, so on ${address} (VIEWER_HOST) it needs a VIEWER_PASSWORD or VIEWER_TOKEN.`
  })
}

/** Is that host name (without a port) always this machine? */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host)
