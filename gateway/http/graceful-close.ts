/**
 * Closes a server without losing requests. From the signal on, every response asks the client to close its connection: a
 * connection closed while idle may be closed just as the client sends its next request. The server keeps responding until
 * no more requests arrive, because a load balancer may react late and a connection that the system has queued is lost
 * when the server stops listening. Lives as long as its server.
 */
import type { ServeOptions } from "./server-types.ts"

type Fetch = ServeOptions["fetch"]

export interface GracefulClose {
  /** The handler; while leaving, its responses ask clients to close their connections. */
  readonly fetch: Fetch
  /** Resolves when requests have ceased, or after `timeoutMs`. */
  readonly ceased: (timeoutMs: number) => Promise<void>
}

/** Requests have ceased after this time without a successful one, milliseconds. Readiness probes, which are refused, do not count. */
const quietMs = 100

export const gracefulClose = (fetch: Fetch, isLeaving: () => boolean): GracefulClose => {
  let lastAt = Number.NEGATIVE_INFINITY

  const fetchAndClose: Fetch = async (request, client) => {
    const response = await fetch(request, client)
    if (response.ok) lastAt = performance.now()
    if (response.status !== 101) response.headers.set("connection", "close")
    return response
  }

  return {
    fetch: (request, client) => (isLeaving() ? fetchAndClose : fetch)(request, client),
    ceased: async (timeoutMs) => {
      const end = performance.now() + timeoutMs
      for (let now = performance.now(); now < Math.min(end, lastAt + quietMs); now = performance.now()) {
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    }
  }
}
