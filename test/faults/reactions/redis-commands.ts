/** Finds deliveries in the bytes between a deliverer and Redis, and breaks the connection there. */
import type { TcpProxy } from "../tcp-proxy.ts"

/** The ids of deliveries in these bytes; event ids alone are not found. */
export const deliveriesIn = (data: Buffer): ReadonlyArray<string> => [
  ...new Set(data.toString("latin1").match(/[0-9a-f]{32}-\d+\.[a-z][a-z0-9-]*/g) ?? [])
]

/**
 * Once: breaks all connections at the next bytes in this direction that name deliveries, which are lost, and refuses new
 * ones until `accept`. Resolves to those deliveries. "down": the reply to a claim; "up" with `isMeant`: what it recognises.
 */
export const breakAt = (
  proxy: TcpProxy,
  direction: "up" | "down",
  isMeant: (data: Buffer) => boolean = () => true
): Promise<ReadonlyArray<string>> =>
  new Promise((resolve) => {
    const remove = proxy.intercept((chunk) => {
      if (chunk.direction !== direction || !isMeant(chunk.data)) return "pass"
      const found = deliveriesIn(chunk.data)
      if (found.length === 0) return "pass"
      remove()
      proxy.refuse()
      resolve(found)
      return "cut"
    })
  })
