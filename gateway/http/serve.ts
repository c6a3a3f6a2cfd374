/**
 * Serves web-standard handlers over HTTP and WebSocket on the current runtime. A server lives from `serve` until `stop`
 * or `close`. Runtime-specific code is in serve.bun.ts and serve.deno.ts only.
 *
 * @example
 * ```ts
 * const server = await serve({
 *   port: 0,
 *   hostname: "127.0.0.1",
 *   fetch: (_, client) => Response.json({ address: client.address })
 * })
 * await fetch(`http://127.0.0.1:${server.port}/`)
 * await server.stop()
 * ```
 */
import { Failure } from "../../contracts/failure.ts"
import { serveGuarded } from "./connection-guard/guarded-server.ts"
import { closesSlowClients } from "./runtime.ts"
import type { ConnectionGuardLimits, ServeOptions, Server } from "./server-types.ts"

const standardConnectionGuard: ConnectionGuardLimits = {
  maxConnections: undefined,
  requestTimeoutMs: 15_000,
  countRefused: () => {}
}

/** Starts serving. Fails with `Failure` "unavailable" and a sentence when it cannot listen on the address. */
export const serve = async (options: ServeOptions): Promise<Server> => {
  const runtime = "Deno" in globalThis ? await import("./serve.deno.ts") : await import("./serve.bun.ts")
  try {
    const limits = options.connectionGuard ?? (closesSlowClients ? undefined : standardConnectionGuard)
    return await (limits === undefined
      ? runtime.serve(options)
      : serveGuarded(runtime.serve, options, limits))
  } catch (cause) {
    throw new Failure({ reason: "unavailable", message: listenProblem(options, cause) })
  }
}

const listenProblem = (options: ServeOptions, cause: unknown): string => {
  const { port, hostname } = options
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  if (code === "EADDRINUSE") return `Port ${port} is already in use on ${hostname}.`
  if (code === "EACCES") return `This user may not open port ${port} on ${hostname}.`
  if (code === "EADDRNOTAVAIL") {
    return `Port ${port} cannot be opened on ${hostname}: this machine does not have that address.`
  }
  return `Port ${port} cannot be opened on ${hostname}: ${cause instanceof Error ? cause.message : String(cause)}`
}
