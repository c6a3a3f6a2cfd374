/**
 * How a server takes leave of its clients. From the signal on, every answer asks for the connection to be left: one
 * that is closed while idle may be closed just as the client sends its next request on it. And it goes on answering
 * until requests have ceased, for a load balancer may be slow to notice: a connection that has not been taken from the
 * system's queue is lost when the server stops listening.
 */
import type { ServeOptions } from "./server-types.ts"

type Fetch = ServeOptions["fetch"]

export interface GracefulClose {
  /** The handler, with answers that ask clients to leave when it is time. */
  readonly fetch: Fetch
  /** Resolves when requests have ceased, and after so many milliseconds in any case. */
  readonly ceased: (longest: number) => Promise<void>
}

/** No request for so long (but those that are refused, as who asks for readiness is) means that nobody sends here any more, milliseconds. */
const silence = 100

export const gracefulClose = (fetch: Fetch, isLeaving: () => boolean): GracefulClose => {
  let last = Number.NEGATIVE_INFINITY

  const answerLast: Fetch = async (request, client) => {
    const response = await fetch(request, client)
    if (response.ok) last = performance.now()
    if (response.status !== 101) response.headers.set("connection", "close")
    return response
  }

  return {
    fetch: (request, client) => (isLeaving() ? answerLast : fetch)(request, client),
    ceased: async (longest) => {
      const end = performance.now() + longest
      for (let now = performance.now(); now < Math.min(end, last + silence); now = performance.now()) {
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    }
  }
}
