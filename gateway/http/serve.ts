/**
 * Serves web-standard handlers over HTTP and WebSocket on the runtime we are on. A server lives from `serve` until
 * `stop` or `close`. What a runtime does in its own way is in serve.bun.ts and serve.deno.ts, and nowhere else.
 */
import { Failure } from "../../contracts/failure.ts"
import { serveGuarded } from "./connection-guard/guarded-server.ts"
import { closesSlowClients } from "./runtime.ts"
import type { ConnectionGuardLimits, ServeOptions, Server } from "./server-types.ts"

const standardConnectionGuard: ConnectionGuardLimits = { most: undefined, request: 15_000, count: () => {} }

/** Starts serving. Fails with `Failure` "unavailable" when the address cannot be had, saying why in one sentence. */
export const serve = async (options: ServeOptions): Promise<Server> => {
  const runtime = "Deno" in globalThis ? await import("./serve.deno.ts") : await import("./serve.bun.ts")
  try {
    const door = options.door ?? (closesSlowClients ? undefined : standardConnectionGuard)
    return await (door === undefined ? runtime.serve(options) : serveGuarded(runtime.serve, options, door))
  } catch (cause) {
    throw new Failure({ reason: "unavailable", message: whyNot(options, cause) })
  }
}

const whyNot = (options: ServeOptions, cause: unknown): string => {
  const { port, hostname } = options
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  if (code === "EADDRINUSE") return `Port ${port} is already in use on ${hostname}.`
  if (code === "EACCES") return `Port ${port} on ${hostname} may not be opened by this user.`
  if (code === "EADDRNOTAVAIL") {
    return `Port ${port} cannot be opened on ${hostname}: this machine does not have that address.`
  }
  return `Port ${port} cannot be opened on ${hostname}: ${cause instanceof Error ? cause.message : String(cause)}`
}
